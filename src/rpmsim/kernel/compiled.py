"""How the parts of the kernel are compiled.

Numba makes optimised machine code of every function, and again of all that it calls wherever it is called. The kernel's
parts are only lowered; they are optimised once, together, in the entry points of :mod:`rpmsim.kernel.batch`.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

from llvmlite import binding
from numba import config, njit, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, compile_result
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import InlineOverloads, NativeLowering, NopythonRewrites
from numba.core.types.functions import BaseFunction
from numba.core.untyped_passes import FindLiterallyCalls, InlineClosureLikes, LiteralUnroll


class PartLibrary(JITCodeLibrary):
    """Code of one function, to be linked into what calls it together with all that it calls."""

    def finalize(self) -> None:
        """Leave the code as it is."""
        self._raise_if_finalized()
        self._finalize_dynamic_globals()
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """Return the code of this function and of all that it calls; every function may be given more than once."""
        if self._shared_module is None:
            module = self._final_module.clone()
            seen = {self}
            waiting = list(self._linking_libraries)
            while waiting:
                library = waiting.pop()
                if library not in seen:
                    seen.add(library)
                    self._reload_init.update(library._reload_init)
                    if isinstance(library, PartLibrary):
                        waiting += library._linking_libraries
                        code = library._final_module.clone()
                    else:
                        code = library._get_module_for_linking().clone()
                    _offer(code)
                    module.link_in(code)
            _offer(module)
            self._shared_module = module
        return self._shared_module


def _offer(module: Any) -> None:
    """Let the functions of a module stand in several modules that are linked."""
    for function in module.functions:
        if not function.is_declaration and function.linkage.name == "external":
            function.linkage = "linkonce_odr"


def _entry_point() -> Any:
    """Something that nothing calls; Numba only tells functions apart by it."""
    return [].append


@register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(NativeLowering):
    """Lowers a function without making machine code of it: that is made once, of the whole that it is linked into."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower with an entry point in name only."""
        context = state.targetctx
        state.func_id.unique_id = 0  # the name of a part tells it apart, also from process to process
        state.library = PartLibrary(context.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        context.get_executable = lambda library, description, environment: _entry_point()
        try:
            return bool(super().run_pass(state))
        finally:
            del context.get_executable


UNUSED = (FindLiterallyCalls, InlineClosureLikes, InlineOverloads, LiteralUnroll, NopythonRewrites)
"""Steps for what the kernel does without: closures, lists, expressions of whole arrays."""


class PartCompiler(CompilerBase):
    """Numba's own pipeline with another last step, and without those that would find nothing to do."""

    def define_pipelines(self) -> list[Any]:
        """Replace the lowering of the default pipeline."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [
            (LinkedLowering if step is NativeLowering else step, text)
            for step, text in manager.passes
            if step not in UNUSED
        ]
        manager.finalize()
        return [manager]


compiler: Any = njit
settings: Any = config


def _part(function: Any, **options: Any) -> Any:
    """Compile a function once for each list of types, whatever constants it is called with."""
    dispatcher: Any = compiler(
        error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=PartCompiler, **options
    )(function)
    if settings.DISABLE_JIT:
        return dispatcher
    template_of = dispatcher.get_call_template

    def get_call_template(args: Any, keywords: Any) -> Any:
        return template_of(tuple(types.unliteral(kind) for kind in args), keywords)

    dispatcher.get_call_template = get_call_template
    return dispatcher


def lowered(dispatcher: Any, kinds: tuple[Any, ...]) -> tuple[Any, Any, bytes]:
    """What :func:`adopt` needs of a part, compiled for arguments of these types: it may go to another process."""
    dispatcher.compile(kinds)
    result = dispatcher.overloads[kinds]
    result.fndesc.typemap = result.fndesc.calltypes = None
    return result.fndesc, result.signature, result.library._get_module_for_linking().as_bitcode()


def adopt(dispatcher: Any, description: Any, signature: Any, code: bytes) -> None:
    """Let a part have code that was lowered elsewhere, unless it has its own."""
    if tuple(signature.args) in dispatcher.overloads:
        return
    context = dispatcher.targetctx
    library = PartLibrary(context.codegen(), description.qualname)
    library._final_module = binding.parse_bitcode(code)
    library.finalize()
    entry_point = _entry_point()
    context.insert_user_function(entry_point, description, [library])
    dispatcher.add_overload(
        compile_result(
            typing_context=dispatcher.typingctx,
            target_context=context,
            entry_point=entry_point,
            library=library,
            signature=signature,
            fndesc=description,
            objectmode=False,
        )
    )


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Let Numba compile without work that is for nothing.

    It works out only once what a function or operator gives for arguments of the same types; and as next to nothing of
    what it makes can be freed before its end, no garbage is looked for.
    """
    remembered: dict[Any, Any] = {}
    functions: Any = BaseFunction

    def get_call_type(self: Any, context: Any, arguments: Any, keywords: Any) -> Any:
        key = id(self), tuple(arguments), tuple(keywords.items())
        if key not in remembered:
            remembered[key] = self, work_out(self, context, arguments, keywords)
        return remembered[key][1]

    with global_compiler_lock:
        work_out = functions.get_call_type
        functions.get_call_type = get_call_type
        collects = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            functions.get_call_type = work_out
            if collects:
                gc.enable()


def part(function: Any) -> Any:
    """Mark a function that only compiled code calls."""
    return _part(function)


def small_part(function: Any) -> Any:
    """Mark a part that is put in place of each call."""
    return _part(function, forceinline=True)
