"""Values that are set from outside a file, by ``--set`` or in Python: ``path=value``."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as MappingType

from rpmsim.errors import Diagnostic, InputError


def split_settings(settings: MappingType[str, object] | Iterable[str] | str | None) -> dict[str, str]:
    """Paths and values of ``path=value`` texts, or of a mapping, in order.

    Raises
    ------
    InputError
        For every text without an equals sign or a path, every path that is set twice, every value that is none.
    """
    if settings is None:
        return {}
    diagnostics = []
    values: dict[str, str] = {}
    if isinstance(settings, MappingType):
        pairs = [(str(path), "=", "null" if value is None else str(value)) for path, value in settings.items()]
    else:
        texts = [settings] if isinstance(settings, str) else [str(item) for item in settings]
        pairs = [text.partition("=") for text in texts]
    for stated, equals, said in pairs:
        path, value = stated.strip(), said.strip()
        if not equals or not path:
            fix = "write it as path=value, such as roles.sdr.heads=8"
            diagnostics.append(
                Diagnostic("--set", None, None, f"{stated}{equals}{said}", "is not a path and a value", fix)
            )
        elif path in values:
            diagnostics.append(Diagnostic("--set", None, None, path, "is set twice", "keep one of the two"))
        values[path] = value
    if diagnostics:
        raise InputError(diagnostics)
    return values
