"""How the parts of the kernel are compiled.

Numba makes optimised machine code of every function, and again of all that it calls wherever it is called. The kernel's
parts are only lowered; they are optimised once, together, in the entry points of :mod:`rpmsim.kernel.batch`.

Some parts are not among them: they are only declared, and their machine code, which another process may make, is linked
with that of the entry points at the end.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from llvmlite import binding
from numba import config, njit, types
from numba.core.codegen import JITCodeLibrary, JitEngine
from numba.core.compiler import CompilerBase, DefaultPassBuilder, compile_result
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.funcdesc import ExternalFunctionDescriptor
from numba.core.registry import cpu_target
from numba.core.typed_passes import InlineOverloads, NativeLowering, NopythonRewrites
from numba.core.types.functions import BaseFunction
from numba.core.typing.templates import signature
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FindLiterallyCalls,
    GenericRewrites,
    InlineClosureLikes,
    LiteralUnroll,
)

from rpmsim.interrupts import held_interrupts


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
    """Something that nothing calls; Numba only distinguishes functions by it."""
    return [].append


_RARE: set[Any] = set()
"""Functions of the parts that are seldom called."""

_SHORT: list[bool] = []
"""Holds something while loops are not unrolled for counts that are known only when they run."""


def _unroll_again() -> None:
    """Let loops be unrolled, if they were not.

    LLVM cannot be known to decide itself again: what a program compiles after the kernel is unrolled also where a loop
    calls something. Programs that find the kernel's code kept are not touched.
    """
    if _SHORT:
        _SHORT.clear()
        binding.set_option("rpmsim", "-unroll-runtime=true")


@register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(NativeLowering):
    """Lowers a function without making machine code of it: that is made once, of the whole that it is linked into."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower with an entry point in name only."""
        context = state.targetctx
        if not _SHORT:
            _SHORT.append(True)
            binding.set_option("rpmsim", "-unroll-runtime=false")
        state.func_id.unique_id = 0  # the name of a part distinguishes it, also from process to process
        state.library = PartLibrary(context.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        context.get_executable = lambda library, description, environment: _entry_point()
        try:
            changed = bool(super().run_pass(state))
        finally:
            del context.get_executable
        if state.func_id.func in _RARE:
            code = state.library._final_module.get_function(state["cr"].fndesc.llvm_func_name)
            code.add_function_attribute("cold")
        return changed


UNUSED = (
    *(DeadBranchPrune, FindLiterallyCalls, GenericRewrites),
    *(InlineClosureLikes, InlineOverloads, LiteralUnroll, NopythonRewrites),
)
"""Steps for what the kernel does without: arguments that are None, closures, lists, expressions of whole arrays."""


class PartCompiler(CompilerBase):
    """Numba's own pipeline with another last step, and without those that would find nothing to do."""

    def define_pipelines(self) -> list[Any]:
        """Replace the lowering of the default pipeline."""
        return [_with_lowering(DefaultPassBuilder.define_nopython_pipeline(self.state), LinkedLowering, UNUSED)]


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


class EntryLibrary(JITCodeLibrary):
    """Code of an entry point, linked with the machine code of the parts that were declared."""

    def _finalize_final_module(self) -> None:
        code = self._codegen._tm.emit_object(self._final_module)
        if any(function.name in _DECLARED for function in self._final_module.functions):
            link([_expected_code() or machine_code(list(_DECLARED.values()))])  # all, as they may call each other
            _DECLARED.clear()
        self._compiled_object = code  # this is taken, and not made again
        super()._finalize_final_module()
        self._compiled_object = code


@register_pass(mutates_CFG=True, analysis_only=False)
class EntryLowering(NativeLowering):
    """Lowers an entry point."""

    _name = "entry_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower into a library that is linked with more."""
        state.library = EntryLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(super().run_pass(state))


class EntryCompiler(CompilerBase):
    """Numba's own pipeline for an entry point."""

    def define_pipelines(self) -> list[Any]:
        """Replace the lowering of the default pipeline."""
        return [_with_lowering(DefaultPassBuilder.define_nopython_pipeline(self.state), EntryLowering)]


def _with_lowering(manager: Any, lowering: type, unused: tuple[type, ...] = ()) -> Any:
    """Give a pipeline another last step, and take away those that are unused."""
    steps = [(lowering if step is NativeLowering else step, text) for step, text in manager.passes]
    manager.passes = [step for step in steps if step[0] not in unused]
    manager.finalize()
    return manager


Declared = tuple[Any, tuple[Any, ...], str, Any]
"""A part, the types that it takes, the symbol of its code, and the type that it returns."""

_DECLARED: dict[str, Declared] = {}
_EXPECTED: list[Callable[[], bytes | None]] = []
_LINKED: dict[str, bytes] = {}


@contextlib.contextmanager
def expected(take: Callable[[], bytes | None]) -> Iterator[None]:
    """Have the machine code of what is declared come from elsewhere, for the entry point compiled inside the block.

    ``take`` waits for it, and gives None where it does not come: then it is made here.
    """
    _EXPECTED.append(take)
    try:
        yield
    finally:
        _EXPECTED.remove(take)


def _expected_code() -> bytes | None:
    return _EXPECTED[-1]() if _EXPECTED else None


def link(codes: Iterable[bytes]) -> None:
    """Make the functions of machine code known to all that is linked from now on."""
    for code in codes:
        digest = hashlib.sha256(code).hexdigest()
        if digest not in _LINKED:
            engine = cpu_target.target_context.codegen()._engine
            engine._ee.add_object_file(binding.ObjectFileRef.from_data(code))
            _LINKED[digest] = code


def linked() -> list[bytes]:
    """Machine code that entry points need beside their own."""
    return list(_LINKED.values())


@global_compiler_lock
def declare(dispatcher: Any, kinds: tuple[Any, ...], symbol: str, returned: Any) -> None:
    """Let a part be known by its types alone, unless it is compiled; its code will be found under a symbol."""
    if kinds in dispatcher.overloads:
        return
    _DECLARED[symbol] = dispatcher, kinds, symbol, returned
    context = dispatcher.targetctx
    library = PartLibrary(context.codegen(), symbol)
    library.finalize()
    description = ExternalFunctionDescriptor(symbol, returned, kinds)
    entry_point = _entry_point()
    context.insert_user_function(entry_point, description, [])
    dispatcher.add_overload(
        compile_result(
            typing_context=dispatcher.typingctx,
            target_context=context,
            entry_point=entry_point,
            library=library,
            signature=signature(returned, *kinds),
            fndesc=description,
            objectmode=False,
        )
    )


def machine_code(parts: Iterable[Declared]) -> bytes:
    """Machine code of parts for arguments of these types, under symbols, with all that they call.

    Raises
    ------
    TypeError
        A part returns something else.
    """
    codegen = cpu_target.target_context.codegen()
    whole = PartLibrary(codegen, "machine_code")
    module = whole._final_module
    symbols = set()
    for dispatcher, kinds, symbol, returned in parts:
        dispatcher.overloads.pop(kinds, None)  # where it is only declared
        dispatcher.compile(kinds)
        result = dispatcher.overloads[kinds]
        if result.signature.return_type != returned:
            raise TypeError(f"{symbol} returns {result.signature.return_type}, not {returned}")
        code = result.library._get_module_for_linking().clone()
        function = code.get_function(result.fndesc.llvm_func_name)
        function.linkage = "external"
        function.name = symbol
        symbols.add(symbol)
        module.link_in(code)
    for number, function in enumerate(module.functions):
        if function.name not in symbols and not function.is_declaration:
            function.linkage = "internal"
            function.name = f"rpmsim.part.{number}"  # what is linked is known by name alone, whatever its linkage
    whole._optimize_final_module()
    made: bytes = codegen._tm.emit_object(module)
    return made


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Let Numba compile without work that is for nothing.

    It works out only once what a function or operator gives for arguments of the same types; and as next to nothing of
    what it makes can be freed before its end, no garbage is looked for. Interrupts end it, but wait while it links.
    Loops of parts are not unrolled for counts that are known only when they run: they are of a few leads, and code that
    is short pays more.
    """
    remembered: dict[Any, Any] = {}
    functions: Any = BaseFunction
    linker: Any = JitEngine

    def get_call_type(self: Any, context: Any, arguments: Any, keywords: Any) -> Any:
        key = id(self), tuple(arguments), tuple(keywords.items())
        if key not in remembered:
            remembered[key] = self, work_out(self, context, arguments, keywords)
        return remembered[key][1]

    def finalize_object(self: Any) -> None:
        with held_interrupts():  # it calls back, where an exception would be lost
            finalize(self)

    with global_compiler_lock:
        finalize = linker.finalize_object
        linker.finalize_object = finalize_object
        work_out = functions.get_call_type
        functions.get_call_type = get_call_type
        collects = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            _unroll_again()
            functions.get_call_type = work_out
            linker.finalize_object = finalize
            if collects:
                gc.enable()


def part(function: Any) -> Any:
    """Mark a function that only compiled code calls."""
    return _part(function)


def rare_part(function: Any) -> Any:
    """Mark a part that is seldom called: what leads to it is kept out of the way of all else."""
    _RARE.add(function)
    return _part(function)


def small_part(function: Any) -> Any:
    """Mark a part that is put in place of each call."""
    return _part(function, forceinline=True)
