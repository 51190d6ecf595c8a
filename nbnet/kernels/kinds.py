"""Which integer literals of a formula stand for floats.

In Numba `x * 2` of a float32 is a float64, as the literal is an int64. Written in a formula, 2 means the number two,
and only its use says whether it must be a float: in `x**2 + 2 * x` the first 2 stays an integer, the second becomes a
float32, and they may be one constant of the bytecode. So each load of a literal is judged by itself, by following kinds
of values, not types, through the bytecode: float (the arguments and what is computed from them), int (loop counters,
`int(…)`), weak (a literal, or what was computed from literals only), and the rest. A weak value that meets a float
becomes one; it is then a float at each of its uses.

Bytecode is read rather than source, which functions typed at a prompt do not have. Python 3.11 to 3.14.
"""

import dis
import sys
import types
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Origin = tuple[Any, ...]
"""Where a weak value comes from: ("load", offset), ("name", name), ("parameter", name), ("attribute", module, name),
("result", id of a function); in a tuple followed by the item's place."""


@dataclass(frozen=True, eq=False)
class Value:
    """What is known of a value: its kind, where a weak one comes from, a tuple's items, the object itself if known."""

    kind: str
    origins: frozenset[Origin] = frozenset()
    items: tuple["Value", ...] = ()
    known: Any = None

    def __eq__(self, other: object) -> bool:
        """Whether as much is known of both; objects are compared by identity, as arrays have no equality."""
        if not isinstance(other, Value):
            return NotImplemented
        mine, theirs = (self.kind, self.origins, self.items), (other.kind, other.origins, other.items)
        return mine == theirs and self.known is other.known

    __hash__ = None  # type: ignore[assignment]


FLOAT, INT, BOOL, OTHER, NULL = (Value(kind) for kind in ("float", "int", "bool", "other", "null"))
_NEUTRAL = frozenset(
    [
        "PRECALL",
        "EXTENDED_ARG",
        "CACHE",
        "NOP",
        "RESUME",
        "COPY_FREE_VARS",
        "MAKE_CELL",
        "NOT_TAKEN",
        "TO_BOOL",
        "GET_ITER",
    ]
)
_POPS = frozenset(["POP_TOP", "END_FOR", "POP_ITER"])


def of_object(value: Any, origin: Origin, floats: Set[Origin] = frozenset()) -> Value:
    """The kind of a constant, or of an object that a name refers to; an integer is weak unless it is among `floats`."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return FLOAT if origin in floats else Value("weak", frozenset([origin]), known=value)
    if isinstance(value, (float, np.floating)):
        return FLOAT
    if isinstance(value, tuple):
        items = (of_object(item, (*origin, index), floats) for index, item in enumerate(value))
        return Value("tuple", items=tuple(items), known=value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return Value("tuple", items=(FLOAT,), known=value)
    return Value("other", known=value)


@dataclass
class Facts:
    """What is known of a function: kinds of parameters and result, loads that become floats, lines that mix kinds."""

    parameters: dict[str, Value] = field(default_factory=dict)
    returns_float: bool = False
    floats: set[Origin] = field(default_factory=set)
    result: Value | None = None
    mixed: set[int] = field(default_factory=set)


class Analysis:
    """
    The kinds of one function's values.

    Parameters
    ----------
    fn : function
    facts : Facts
        Kinds of the parameters; is completed in place. With `returns_float` the literals that the function returns
        become floats.
    call : callable
        `call(callee, arguments, keywords, analysis) -> Value` answers what a call of an object returns; the last
        arguments are those named by `keywords`. It calls `analysis.demand` for each argument that becomes a float.
    """

    def __init__(self, fn: types.FunctionType, facts: Facts, call: Callable[..., Value]) -> None:
        self.fn, self.facts, self.call = fn, facts, call
        self.instructions = list(dis.get_instructions(fn.__code__))
        self.offsets = [instruction.offset for instruction in self.instructions]
        self.cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True))
        self.line = fn.__code__.co_firstlineno
        self.keywords: tuple[str, ...] = ()

    def demand(self, value: Value) -> None:
        """A value meets a float: if it is weak, it becomes one where it is loaded."""
        self.facts.floats |= value.origins

    def meet(self, *values: Value) -> Value:
        """Numbers of which one is a float meet; an integer that is no literal is noted, as it cannot be changed."""
        for value in values:
            self.demand(value)
        if any(value.kind == "int" for value in values):
            self.facts.mixed.add(self.line)
        return FLOAT

    def join(self, left: Value, right: Value) -> Value:
        """What is known where two ways meet."""
        if left == right:
            return left
        kinds = {left.kind, right.kind}
        if "float" in kinds and kinds <= {"float", "weak", "int"}:
            return self.meet(left, right)
        if kinds == {"weak"}:
            return Value("weak", left.origins | right.origins)
        if kinds == {"tuple"} and len(left.items) == len(right.items):
            return Value("tuple", items=tuple(map(self.join, left.items, right.items)))
        return INT if kinds == {"weak", "int"} else OTHER

    def binary(self, symbol: str, left: Value, right: Value) -> Value:
        """The kind of `left symbol right`."""
        symbol = symbol.removesuffix("=")
        kinds = {left.kind, right.kind}
        if symbol == "[]":
            return self.element(left)
        if symbol in ("<<", ">>", "&", "|", "^"):
            return BOOL if kinds == {"bool"} else INT
        if symbol == "**":
            if right.kind == "float":
                self.demand(left)
            if right.kind == "weak" and isinstance(right.known, int) and right.known < 0:
                self.demand(right)  # Numba's integer power divides with a check that could raise
            return FLOAT if "float" in kinds else left if right.kind in ("weak", "int") else OTHER
        if "float" in kinds or (symbol == "/" and kinds <= {"weak", "int"}):
            return self.meet(left, right)
        if kinds == {"weak"}:
            return Value("weak", left.origins | right.origins)
        return INT if kinds <= {"weak", "int", "bool"} else OTHER

    def compare(self, left: Value, right: Value) -> Value:
        """The kind of a comparison."""
        if "float" in (left.kind, right.kind):
            self.demand(left)
            self.demand(right)
        return BOOL

    def attribute(self, owner: Value, name: str) -> Value:
        """The kind of `owner.name`; known for modules."""
        if isinstance(owner.known, types.ModuleType) and hasattr(owner.known, name):
            value = getattr(owner.known, name)
            return of_object(value, ("attribute", owner.known.__name__, name), self.facts.floats)
        return OTHER

    def name(self, name: str) -> Value:
        """The kind of a global, built-in or closure variable."""
        if name in self.cells:
            try:
                value = self.cells[name].cell_contents
            except ValueError:
                return OTHER
        else:
            builtins = self.fn.__globals__.get("__builtins__", {})
            builtins = vars(builtins) if isinstance(builtins, types.ModuleType) else builtins
            value = self.fn.__globals__.get(name, builtins.get(name))
        return of_object(value, ("name", name), self.facts.floats)

    def run(self) -> None:
        """Follow all paths of the bytecode until nothing changes."""
        self.facts.result = None
        self.facts.mixed.clear()
        variables = {
            name: FLOAT if ("parameter", name) in self.facts.floats else value
            for name, value in self.facts.parameters.items()
        }
        self.states: dict[int, tuple[dict[str, Value], list[Value]]] = {0: (variables, [])}
        todo = [0]
        while todo:
            index = todo.pop()
            known, stack = self.states[index]
            for target, after_variables, after_stack in self.step(index, dict(known), list(stack)):
                if self.merge(target, after_variables, after_stack):
                    todo.append(target)

    def merge(self, index: int, variables: dict[str, Value], stack: list[Value]) -> bool:
        """Bring a state to an instruction; whether something new came."""
        if index not in self.states:
            self.states[index] = (variables, stack)
            return True
        old_variables, old_stack = self.states[index]
        merged = {
            name: self.join(old_variables[name], value) for name, value in variables.items() if name in old_variables
        }
        joined = [self.join(old, new) for old, new in zip(old_stack, stack, strict=True)]
        self.states[index] = (merged, joined)
        return (merged, joined) != (old_variables, old_stack)

    def index_at(self, offset: int) -> int:
        """Index of the instruction at a byte offset, or of the next one."""
        return next(index for index, place in enumerate(self.offsets) if place >= offset)

    def step(self, index: int, variables: dict[str, Value], stack: list[Value]) -> list[Any]:
        """The states that follow an instruction: (index of the next instruction, variables, stack)."""
        instruction = self.instructions[index]
        name = instruction.opname
        if instruction.positions is not None and instruction.positions.lineno is not None:
            self.line = instruction.positions.lineno
        if name in ("RETURN_VALUE", "RETURN_CONST"):
            value = stack.pop() if name == "RETURN_VALUE" else self.load(instruction)
            self.returned(value)
            return []
        if name in ("RAISE_VARARGS", "RERAISE"):
            return []
        jumps = instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs
        if not jumps:
            self.apply(instruction, variables, stack)
            return [(index + 1, variables, stack)]
        target = self.index_at(instruction.argval)
        if name.startswith("JUMP_") and "IF" not in name:
            return [(target, variables, stack)]
        elsewhere = list(stack)
        self.by_effect(elsewhere, instruction, jump=True)
        if name == "FOR_ITER":
            stack.append(self.element(stack[-1]))
        else:
            self.by_effect(stack, instruction, jump=False)
        return [(target, dict(variables), elsewhere), (index + 1, variables, stack)]

    def returned(self, value: Value) -> None:
        """Take in a value that the function returns."""
        if self.facts.returns_float:
            self.demand(value)
        before = self.facts.result
        self.facts.result = value if before is None else self.join(before, value)

    @staticmethod
    def by_effect(stack: list[Value], instruction: dis.Instruction, jump: bool) -> None:
        """Change the stack's height as an instruction of no further interest does."""
        effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=jump)
        if effect < 0:
            del stack[effect:]
        stack.extend([OTHER] * effect)

    def load(self, instruction: dis.Instruction) -> Value:
        """A constant; an integer literal is weak until it is known to become a float."""
        return of_object(instruction.argval, ("load", instruction.offset), self.facts.floats)

    def apply(self, instruction: dis.Instruction, variables: dict[str, Value], stack: list[Value]) -> None:
        """Carry out one instruction that does not jump."""
        name, argument, value = instruction.opname, instruction.arg or 0, instruction.argval
        names = value if isinstance(value, tuple) else (value,)
        if name in ("LOAD_CONST", "LOAD_SMALL_INT"):
            stack.append(self.load(instruction))
        elif name == "STORE_FAST_LOAD_FAST":
            variables[names[0]] = stack.pop()
            stack.append(variables.get(names[1], OTHER))
        elif name.startswith("LOAD_FAST"):
            stack.extend(variables.get(each, OTHER) for each in names)
        elif name.startswith("STORE_FAST") or name == "STORE_DEREF":
            for each in names:
                variables[each] = stack.pop()
        elif name == "LOAD_GLOBAL":
            pushed = [self.name(value), NULL] if sys.version_info >= (3, 13) else [NULL, self.name(value)]
            stack.extend(pushed if argument & 1 else [self.name(value)])
        elif name == "LOAD_DEREF":
            stack.append(variables[value] if value in variables else self.name(value))
        elif name == "PUSH_NULL":
            stack.append(NULL)
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            stack.append(self.attribute(stack.pop(), value))
            if dis.stack_effect(instruction.opcode, instruction.arg) == 1:
                stack.append(NULL)
        elif name == "BINARY_OP":
            right, left = stack.pop(), stack.pop()
            stack.append(self.binary(instruction.argrepr, left, right))
        elif name == "BINARY_SUBSCR":
            right, left = stack.pop(), stack.pop()
            stack.append(self.binary("[]", left, right))
        elif name == "COMPARE_OP":
            right, left = stack.pop(), stack.pop()
            stack.append(self.compare(left, right))
        elif name == "UNARY_NEGATIVE":
            stack[-1] = stack[-1] if stack[-1].kind in ("float", "weak") else INT
        elif name == "UNARY_NOT":
            stack[-1] = BOOL
        elif name == "COPY":
            stack.append(stack[-argument])
        elif name == "SWAP":
            stack[-1], stack[-argument] = stack[-argument], stack[-1]
        elif name == "KW_NAMES":
            self.keywords = self.fn.__code__.co_consts[argument]
        elif name in _NEUTRAL:
            pass
        elif name in ("CALL", "CALL_KW"):
            keywords = stack.pop().known if name == "CALL_KW" else self.keywords
            self.keywords = ()
            first = len(stack) - argument
            arguments, callee = stack[first:], [item for item in stack[first - 2 : first] if item.kind != "null"]
            del stack[first - 2 :]
            stack.append(self.call(callee[0].known, arguments, keywords, self))
        elif name in ("BUILD_TUPLE", "BUILD_LIST"):
            items = tuple(stack[len(stack) - argument :])
            del stack[len(stack) - argument :]
            stack.append(Value("tuple", items=items))
        elif name == "UNPACK_SEQUENCE":
            items = stack.pop().items
            stack.extend(reversed(items) if len(items) == argument else [OTHER] * argument)
        else:
            self.by_effect(stack, instruction, jump=False)
            if stack and name not in _POPS and dis.stack_effect(instruction.opcode, instruction.arg) <= 0:
                stack[-1] = OTHER  # whatever it computed

    def element(self, container: Value) -> Value:
        """What indexing or iterating gives: with a float in it, all its numbers are floats."""
        if container.known is range:
            return INT
        if container.kind != "tuple" or not container.items:
            return OTHER
        found = container.items[0]
        for item in container.items[1:]:
            found = self.join(found, item)
        return found
