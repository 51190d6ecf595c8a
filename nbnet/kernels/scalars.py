"""A plain scalar formula → a function of one floating type that kernels call.

A formula is written over numbers, `math` (or NumPy's functions) and Python's operators. `specialise` rebuilds it so
that Numba computes it in float32 or float64 throughout: float literals, and those integer literals that meet a float
(see `nbnet.kernels.kinds`), become numbers of that type; `math` becomes `nbnet.kernels.vmath`; helper functions that
it calls, closures, globals and defaults are rebuilt with it. What is rebuilt is the Python function, from its bytecode,
so that every target compiles the same one, and lambdas, closures and functions typed at a prompt will do.
"""

import builtins
import dataclasses
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types as numba_types

from nbnet.errors import KernelError
from nbnet.kernels.jit import Inline, njit_inline
from nbnet.kernels.kinds import BOOL, FLOAT, INT, OTHER, Analysis, Facts, Value, of_object
from nbnet.kernels.literals import patch, retyped
from nbnet.kernels.memory import intrinsic
from nbnet.kernels.names import require_names
from nbnet.kernels.vmath import BY_DTYPE

_FLOATS = (float, np.float32, np.float64, np.float16, np.longdouble)
_INTEGER_RESULT = {int, len, round, hash, ord, math.gcd, math.lcm, math.factorial, math.comb, math.perm, math.isqrt}
_BOOL_RESULT = {math.isnan, math.isinf, math.isfinite, np.isnan, np.isinf, np.isfinite, np.signbit, math.isclose, bool}
_ALIASES = {np.power: "pow", np.float_power: "pow"}
_AS_NUMPY: dict[Any, Any] = {
    math.floor: np.floor,
    math.ceil: np.ceil,
    math.trunc: np.trunc,
    math.fmod: np.fmod,
    math.fabs: abs,
}
_AS_NUMPY |= {np.fabs: abs, np.absolute: abs, np.fix: np.trunc}


@njit_inline(forceinline=True)
def _select(condition: Any, yes: Any, no: Any) -> Any:
    """`np.where` of scalars, which Numba makes an array."""
    return yes if condition else no


def _make_log(log: Any) -> Any:
    """`math.log` with its optional base."""

    def log_to_base(x: Any, base: Any = None) -> Any:
        if base is None:
            return log(x)
        return log(x) / log(base)

    return njit_inline(log_to_base, forceinline=True)


def _functions(dtype: str) -> dict[int, Any]:
    """id of a function of `math` or NumPy → what computes it in `dtype`."""
    table: dict[Any, Any] = {}
    for name, function in BY_DTYPE[dtype].items():
        for module in (math, np):
            if hasattr(module, name):
                table[getattr(module, name)] = function
    for function, name in _ALIASES.items():
        table[function] = BY_DTYPE[dtype][name]
    table |= _AS_NUMPY | {np.where: _select, math.log: _make_log(BY_DTYPE[dtype]["log"])}
    table |= dict.fromkeys(_FLOATS, getattr(np, dtype))
    return {id(function): replacement for function, replacement in table.items()}


def _make_result(dtype: str, name: str, lines: list[int]) -> Callable:
    """`result(value)`: the formula's value as `dtype`; bools and integers are cast, another float type is an error."""
    wanted = getattr(numba_types, dtype)

    @intrinsic
    def result(typingctx: Any, value: Any) -> Any:
        given = numba_types.unliteral(value)
        if given != wanted and not isinstance(given, (numba_types.Integer, numba_types.Boolean)):
            raise KernelError(_explanation(name, dtype, lines, str(given)))

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return context.cast(builder, args[0], signature.args[0], wanted)

        return wanted(given), codegen

    return result


def python_function(value: Any) -> types.FunctionType | None:
    """The Python function that an object is or was compiled from; None for nbnet's own helpers, typed already."""
    inner = getattr(value, "py_func", value)
    if isinstance(value, Inline) or not isinstance(inner, types.FunctionType):
        return None
    library = str(inner.__globals__.get("__name__")).split(".")[0] in ("numpy", "numba", "math")
    return None if library else inner


class _Formula:
    """A formula with all functions it calls: the analysis of their numbers, then their copies in one floating type."""

    def __init__(self, root: types.FunctionType, dtype: str) -> None:
        self.root, self.number = root, getattr(np, dtype)
        self.table = _functions(dtype)
        self.functions: dict[int, tuple[types.FunctionType, Facts]] = {}
        self.running: set[int] = set()
        self.made: dict[int, Any] = {}
        self.analyse_all()

    def analyse_all(self) -> None:
        """Repeat the analysis of all functions until no further literal becomes a float."""
        facts = self.facts_of(self.root)
        facts.returns_float = True
        code = self.root.__code__
        for index, name in enumerate(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
            default = self.defaults(self.root).get(name)
            required = index < code.co_argcount - len(self.root.__defaults__ or ())
            facts.parameters[name] = FLOAT if required else of_object(default, ("parameter", name))
        before, found = -1, 0
        while before != found:
            before = found
            self.analyse(self.root)
            found = sum(len(facts.floats) + facts.returns_float for _, facts in self.functions.values())

    def facts_of(self, fn: types.FunctionType) -> Facts:
        """What is known of a function, empty at first."""
        return self.functions.setdefault(id(fn), (fn, Facts()))[1]

    @staticmethod
    def defaults(fn: types.FunctionType) -> dict[str, Any]:
        """Parameter → default."""
        positional = fn.__code__.co_varnames[: fn.__code__.co_argcount]
        values = fn.__defaults__ or ()
        return dict(zip(positional[len(positional) - len(values) :], values, strict=True)) | (fn.__kwdefaults__ or {})

    def analyse(self, fn: types.FunctionType) -> None:
        """Analyse a function and, as it calls them, its helpers."""
        if id(fn) not in self.running:
            self.running.add(id(fn))
            Analysis(fn, self.facts_of(fn), self.call).run()
            self.running.remove(id(fn))

    def call(self, callee: Any, arguments: list[Value], keywords: tuple[str, ...], caller: Analysis) -> Value:
        """What a call returns, and which of its arguments become floats."""
        helper = python_function(callee)
        if helper is not None:
            return self.call_helper(helper, arguments, keywords, caller)
        try:
            hash(callee)
        except TypeError:
            return OTHER
        kinds = {argument.kind for argument in arguments}
        if callee is range:
            return Value("other", known=range)
        if callee is round and len(arguments) == 2:
            return FLOAT
        if callee in _INTEGER_RESULT:
            return INT
        if callee in _FLOATS:
            return FLOAT
        if isinstance(callee, type) and issubclass(callee, np.integer):
            return INT
        if callee is abs:
            return arguments[0]
        if callee is pow and len(arguments) == 2:
            return caller.binary("**", *arguments)
        if callee in (min, max) and "float" not in kinds:
            return caller.binary("+", arguments[0], arguments[-1]) if kinds <= {"weak", "int"} else OTHER
        if callee in (min, max) or self.is_mathematics(callee):
            caller.meet(*arguments[: 1 if callee is math.ldexp else None])
            return BOOL if callee in _BOOL_RESULT else FLOAT
        return OTHER

    @staticmethod
    def is_mathematics(callee: Any) -> bool:
        """Whether a callee is a function of numbers of `math`, NumPy or nbnet."""
        return isinstance(callee, (Inline, np.ufunc)) or getattr(callee, "__module__", None) in ("math", "numpy")

    def call_helper(
        self, helper: types.FunctionType, arguments: list[Value], keywords: tuple[str, ...], caller: Analysis
    ) -> Value:
        """Take the arguments into what is known of a helper's parameters; what the helper returns."""
        facts, code = self.facts_of(helper), helper.__code__
        names = code.co_varnames[: len(arguments) - len(keywords)] + keywords
        for name, argument in zip(names, arguments, strict=False):
            origin = ("parameter", name)
            given = dataclasses.replace(argument, origins=frozenset([origin])) if argument.kind == "weak" else argument
            known = facts.parameters.get(name, given)
            if "float" in (known.kind, given.kind) and {known.kind, given.kind} <= {"float", "weak"}:
                facts.parameters[name] = FLOAT
                facts.floats.add(origin)
            else:
                weak = Value("weak", frozenset([origin]))
                facts.parameters[name] = (
                    known if known == given else weak if known.kind == given.kind == "weak" else OTHER
                )
        for name, default in self.defaults(helper).items():
            facts.parameters.setdefault(name, of_object(default, ("parameter", name)))
        self.analyse(helper)
        for name, argument in zip(names, arguments, strict=False):
            if ("parameter", name) in facts.floats:
                caller.demand(argument)
        result_origin = ("result", id(helper))
        if result_origin in caller.facts.floats:
            facts.returns_float = True
        if facts.result is not None and facts.result.kind == "weak" and not facts.returns_float:
            return Value("weak", frozenset([result_origin]))
        return FLOAT if facts.result is None or facts.returns_float else facts.result

    def translate(self, value: Any, origin: tuple[Any, ...], facts: Facts, names: set[str]) -> Any:
        """What stands for an object that a function refers to."""
        if id(value) in self.table:
            return self.table[id(value)]
        if isinstance(value, types.ModuleType):
            # Its name is no library's, so that the kernel cache looks at what is in it.
            copy = types.ModuleType(f"nbnet.kernels.formula.{value.__name__}")
            for name in sorted(names & vars(value).keys()):
                attribute = ("attribute", value.__name__, name)
                setattr(copy, name, self.translate(getattr(value, name), attribute, facts, names))
            return copy
        helper = python_function(value)
        return retyped(value, origin, facts.floats, self.number) if helper is None else self.copy(helper)

    def copy(self, fn: types.FunctionType) -> Any:
        """The function in the floating type, as a helper of kernels."""
        if id(fn) in self.made:
            return self.made[id(fn)]
        require_names(fn)
        facts, code = self.facts_of(fn), fn.__code__
        cells = tuple(types.CellType() for _ in fn.__closure__ or ())
        scope: dict[str, Any] = {"__builtins__": builtins, "__name__": "nbnet.kernels.formula"}
        try:
            rewritten = patch(code, facts.floats, self.number)
        except ValueError as error:
            raise KernelError(f"the formula's function {fn.__name__!r} has too many numbers in it; split it") from error
        # Numba binds no keyword-only parameters; as positional ones they may be named all the same.
        count = code.co_argcount + code.co_kwonlyargcount
        rewritten = rewritten.replace(co_argcount=count, co_kwonlyargcount=0)
        new = types.FunctionType(rewritten, scope, fn.__name__, None, cells or None)
        made = self.made[id(fn)] = njit_inline(new, forceinline=True)
        names = _names(code)
        for name in names:
            if name in fn.__globals__:
                scope[name] = self.translate(fn.__globals__[name], ("name", name), facts, names)
            elif hasattr(builtins, name) and id(getattr(builtins, name)) in self.table:
                scope[name] = self.table[id(getattr(builtins, name))]
        for name, cell, source in zip(code.co_freevars, cells, fn.__closure__ or (), strict=True):
            cell.cell_contents = self.translate(source.cell_contents, ("name", name), facts, names)
        defaults = {
            name: self.translate(default, ("parameter", name), facts, names)
            for name, default in self.defaults(fn).items()
        }
        new.__defaults__ = tuple(defaults[name] for name in code.co_varnames[:count] if name in defaults) or None
        return made

    def mixed_lines(self) -> list[int]:
        """Lines where an integer variable meets a float."""
        return sorted(line for _, facts in self.functions.values() for line in facts.mixed)


def _names(code: types.CodeType) -> set[str]:
    """Names that code, and the code inside it, looks up."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*(_names(each) for each in inner))


def _explanation(name: str, dtype: str, lines: list[int], given: str) -> str:
    """What to tell an author whose formula leaves its floating type."""
    where = f" (line {', '.join(map(str, lines))} of its file)" if lines else ""
    if given == "none" or given.lower().startswith(("?", "option")):
        return f"the formula {name!r}, or a function that it calls, returns None: does it end with return?"
    return (
        f"the formula {name!r} gives {given} where {dtype} is expected: somewhere a number of another type takes "
        f"part{where}. Where an integer variable, such as a loop counter, meets a float, write float(n); where a "
        "function gives something else than a number, use one that does"
    )


def specialise(fn: Callable, dtype: str) -> Any:
    """
    Rebuild a scalar formula for one floating type.

    Parameters
    ----------
    fn : function
        A Python function (or what Numba's `njit` made of one) of n numbers that returns a number. Parameters with a
        default keep it.
    dtype : str
        "float32" or "float64".

    Returns
    -------
    helper
        For kernels: called with the formula's n required arguments, cast to `dtype` if need be, it returns a `dtype`.

    Raises
    ------
    KernelError
        When `fn` is no Python function; and, when a kernel that calls the helper is compiled, where the formula's value
        is of another type than `dtype`, an integer or a bool.
    """
    number, name = getattr(np, dtype), getattr(fn, "__name__", repr(fn))
    known = _functions(dtype).get(id(fn))
    root = python_function(fn)
    if root is not None:
        formula = _Formula(root, dtype)
        inner, lines = formula.copy(root), formula.mixed_lines()
        count = root.__code__.co_argcount - len(root.__defaults__ or ())
    elif known is not None or isinstance(fn, Inline):
        inner, lines = known or fn, []
        count = inner.py_func.__code__.co_argcount if isinstance(inner, Inline) else 1
    else:
        raise KernelError(f"a formula is a Python function of numbers; received {fn!r}. Wrap it: lambda x: f(x)")
    parameters = [f"x{index}" for index in range(count)]
    cast = ", ".join(f"number({parameter})" for parameter in parameters)
    source = f"def formula({', '.join(parameters)}):\n    return result(inner({cast}))\n"
    scope: dict[str, Any] = {"inner": inner, "number": number, "result": _make_result(dtype, name, lines)}
    scope["__name__"] = "nbnet.kernels.formula"
    exec(compile(source, f"<formula {name}>", "exec"), scope)
    return njit_inline(scope["formula"], forceinline=True)
