"""How the parts of the kernel are compiled.

Numba makes optimised machine code of every function, and again of all that it calls wherever it is called. The kernel's
parts are only lowered; they are optimised once, together, in the entry points of :mod:`rpmsim.kernel.batch`.
"""

from __future__ import annotations

from typing import Any

from numba import config, njit, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import InlineOverloads, NativeLowering, NopythonRewrites
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


@register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(NativeLowering):
    """Lowers a function without making machine code of it: that is made once, of the whole that it is linked into."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower with an entry point that nothing calls; Numba only tells functions apart by it."""
        context = state.targetctx
        state.library = PartLibrary(context.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        context.get_executable = lambda library, description, environment: [].append
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


def part(function: Any) -> Any:
    """Mark a function that only compiled code calls."""
    return _part(function)


def small_part(function: Any) -> Any:
    """Mark a part that is put in place of each call."""
    return _part(function, forceinline=True)
