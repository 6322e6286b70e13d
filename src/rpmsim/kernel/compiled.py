"""How the parts of the kernel are compiled."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


@register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(NativeLowering):
    """Lowers a function without making machine code of it: that is made once, of the whole that it is linked into."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower with an entry point that nothing calls; Numba only tells functions apart by it."""
        context = state.targetctx
        context.get_executable = lambda library, description, environment: [].append
        try:
            return bool(super().run_pass(state))
        finally:
            del context.get_executable


class PartCompiler(CompilerBase):
    """Numba's own pipeline with another last step."""

    def define_pipelines(self) -> list[Any]:
        """Replace the lowering of the default pipeline."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [(LinkedLowering if step is NativeLowering else step, text) for step, text in manager.passes]
        manager.finalize()
        return [manager]


compiler: Any = njit

_options = {
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "pipeline_class": PartCompiler,
}

part = compiler(**_options)
"""A function that only compiled code calls. Leaving out what only Python needs halves the time of compilation."""

small_part = compiler(forceinline=True, **_options)
"""A part that is put in place of each call."""
