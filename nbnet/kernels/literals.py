"""Which integer literals of a formula stand for floats.

In Numba `x * 2` of a float32 is a float64, as the literal is an int64. Written in a formula, 2 means the number two, and only its
use says whether it must be a float: in `x**2 + 2 * x` the first 2 stays an integer, the second becomes a float32, and they may be
one constant of the bytecode. So each load of a literal is judged by itself, by following kinds of values, not types, through the
bytecode: float (the arguments and what is computed from them), int (loop counters, `int(…)`), weak (a literal, or what was
computed from literals only), and the rest. A weak value that meets a float becomes one; it is then a float at each of its uses.

Bytecode is read rather than source, which functions typed at a prompt do not have. Python 3.11 to 3.14.
"""

import dis
import functools
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Origin = tuple[Any, ...]
"""Where a weak value comes from: ("load", offset), ("name", name), ("parameter", name) or ("attribute", module, name)."""


class Value(NamedTuple):
    """What is known of a value: its kind, the loads a weak value comes from, and the object itself where it is known."""

    kind: str
    origins: frozenset[Origin] = frozenset()
    known: Any = None


FLOAT, INT, BOOL, OTHER, NULL = (Value(kind) for kind in ("float", "int", "bool", "other", "null"))


def weak(origin: Origin) -> Value:
    """An integer that may become a float."""
    return Value("weak", frozenset([origin]))


def of_object(value: Any, origin: Origin) -> Value:
    """The kind of a constant or of an object that a name refers to."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return weak(origin)
    if isinstance(value, float):
        return FLOAT
    if isinstance(value, (tuple, list)) and any(isinstance(item, float) for item in value):
        return Value("floats")
    return Value("other", known=value)


@dataclass
class Facts:
    """What one function's analysis found: loads that become floats, the kind it returns, calls of other functions."""

    parameters: dict[str, Value]
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
        Kinds of the parameters; is completed in place.
    call : callable
        `call(callee, arguments, demand) -> Value` answers what a call of a known object returns; it calls `demand(value)` for each
        argument that becomes a float.
    is_result_float : bool
        Whether the function's own result is to be a float, so that literals it returns become floats.
    """

    def __init__(self, fn: types.FunctionType, facts: Facts, call: Callable[..., Value], is_result_float: bool) -> None:
        self.fn, self.facts, self.call = fn, facts, call
        self.is_result_float = is_result_float
        self.instructions = list(dis.get_instructions(fn.__code__))
        self.offsets = [instruction.offset for instruction in self.instructions]
        self.cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True))
        self.line = fn.__code__.co_firstlineno

    def demand(self, value: Value) -> None:
        """A weak value meets a float: it becomes one where it is loaded."""
        self.facts.floats |= value.origins

    def join(self, left: Value, right: Value) -> Value:
        """What is known where two ways meet."""
        if left == right:
            return left
        kinds = {left.kind, right.kind}
        if "float" in kinds and kinds <= {"float", "weak", "int"}:
            self.demand(left)
            self.demand(right)
            return FLOAT
        if kinds == {"weak"}:
            return Value("weak", left.origins | right.origins)
        return INT if kinds == {"weak", "int"} else OTHER

    def binary(self, symbol: str, left: Value, right: Value) -> Value:
        """The kind of `left symbol right`."""
        symbol = symbol.removesuffix("=")
        kinds = {left.kind, right.kind}
        if symbol == "[]":
            return FLOAT if left.kind == "floats" else OTHER
        if symbol in ("<<", ">>", "&", "|", "^"):
            return BOOL if kinds == {"bool"} else INT
        if symbol == "**":
            if right.kind == "float":
                self.demand(left)
            return FLOAT if "float" in kinds else left if right.kind in ("weak", "int") else OTHER
        if "float" in kinds or (symbol == "/" and kinds <= {"weak", "int"}):
            self.demand(left)
            self.demand(right)
            if "int" in kinds:
                self.facts.mixed.add(self.line)
            return FLOAT
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
            found = of_object(value, ("attribute", owner.known.__name__, name))
            return FLOAT if found.origins & self.facts.floats else found
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
        found = of_object(value, ("name", name))
        return FLOAT if found.origins & self.facts.floats else found

    def run(self) -> None:
        """Follow all paths until nothing changes."""
        code = self.fn.__code__
        variables = {
            name: FLOAT if ("parameter", name) in self.facts.floats else value
            for name, value in self.facts.parameters.items()
        }
        self.states: dict[int, tuple[dict[str, Value], list[Value]]] = {0: (variables, [])}
        todo = [0]
        while todo:
            index = todo.pop()
            known, stack = self.states[index]
            for target, after_variables, after_stack in self.step(index, dict(known), list(stack), code):
                if self.merge(target, after_variables, after_stack):
                    todo.append(target)

    def merge(self, index: int, variables: dict[str, Value], stack: list[Value]) -> bool:
        """Bring a state to an instruction; whether something new came."""
        if index not in self.states:
            self.states[index] = (variables, stack)
            return True
        old_variables, old_stack = self.states[index]
        merged = {name: self.join(old_variables[name], value) for name, value in variables.items() if name in old_variables}
        joined = [self.join(old, new) for old, new in zip(old_stack, stack, strict=True)]
        self.states[index] = (merged, joined)
        return (merged, joined) != (old_variables, old_stack)

    def index_at(self, offset: int) -> int:
        """Index of the instruction at a byte offset, or of the next one."""
        return next(index for index, place in enumerate(self.offsets) if place >= offset)

    def step(self, index: int, variables: dict[str, Value], stack: list[Value], code: types.CodeType) -> list[Any]:
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
            stack.append(Value("float") if stack[-1].kind == "floats" else INT if stack[-1].known is range else OTHER)
        else:
            self.by_effect(stack, instruction, jump=False)
        return [(target, dict(variables), elsewhere), (index + 1, variables, stack)]

    def returned(self, value: Value) -> None:
        """Take in a value that the function returns."""
        if self.is_result_float:
            self.demand(value)
        before = self.facts.result
        self.facts.result = value if before is None else self.join(before, value)

    @staticmethod
    def by_effect(stack: list[Value], instruction: dis.Instruction, jump: bool) -> None:
        """Change the stack's height as an instruction of no further interest does."""
        has_argument = instruction.opcode >= dis.HAVE_ARGUMENT or instruction.arg is not None
        effect = dis.stack_effect(instruction.opcode, instruction.arg if has_argument else None, jump=jump)
        if effect < 0:
            del stack[effect:]
        stack.extend([OTHER] * effect)

    def load(self, instruction: dis.Instruction) -> Value:
        """A constant; an integer literal is weak until it is known to become a float."""
        origin = ("load", instruction.offset)
        return FLOAT if origin in self.facts.floats else of_object(instruction.argval, origin)

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
            pushed = [self.name(value), NULL]
            stack.extend(pushed if argument & 1 else pushed[:1])
        elif name == "LOAD_DEREF":
            stack.append(variables[value] if value in variables else self.name(value))
        elif name == "PUSH_NULL":
            stack.append(NULL)
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            found = self.attribute(stack.pop(), value)
            before = len(stack) + 1
            self.by_effect(stack, instruction, jump=False)
            del stack[before - 1 :]
            stack.append(found)
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
        elif name in ("UNARY_NEGATIVE", "GET_ITER", "TO_BOOL"):
            pass
        elif name == "UNARY_NOT":
            stack[-1] = BOOL
        elif name == "COPY":
            stack.append(stack[-argument])
        elif name == "SWAP":
            stack[-1], stack[-argument] = stack[-argument], stack[-1]
        elif name in ("PRECALL", "KW_NAMES", "EXTENDED_ARG", "CACHE", "NOP", "RESUME", "COPY_FREE_VARS"):
            pass
        elif name in ("CALL", "CALL_KW"):
            if name == "CALL_KW":
                stack.pop()
            arguments = stack[len(stack) - argument :]
            callee = [item for item in stack[len(stack) - argument - 2 : len(stack) - argument] if item.kind != "null"]
            del stack[len(stack) - argument - 2 :]
            stack.append(self.call(callee[0].known if callee else None, arguments, self.demand))
        elif name in ("BUILD_TUPLE", "BUILD_LIST"):
            items = stack[len(stack) - argument :]
            del stack[len(stack) - argument :]
            stack.append(self.built(items))
        elif name == "UNPACK_SEQUENCE":
            item = FLOAT if stack.pop().kind == "floats" else OTHER
            stack.extend([item] * argument)
        else:
            self.by_effect(stack, instruction, jump=False)
            if stack and dis.stack_effect(instruction.opcode, instruction.arg) <= 0 and name != "POP_TOP":
                stack[-1] = stack[-1] if name in ("END_FOR", "POP_ITER") else OTHER

    def built(self, items: list[Value]) -> Value:
        """A tuple or list: of floats when one of its items is."""
        if not any(item.kind == "float" for item in items):
            return OTHER
        for item in items:
            self.demand(item)
        return Value("floats")


def patch(code: types.CodeType, offsets: set[int], number: Callable[[Any], Any]) -> types.CodeType:
    """
    The code with float constants, and the integer literals loaded at `offsets`, replaced by `number(constant)`.

    Raises
    ------
    ValueError
        When the code has so many constants that a load cannot name another one.
    """
    constants = [_floats_of(constant, number) for constant in code.co_consts]
    content = bytearray(code.co_code)
    places: dict[int, int] = {}
    load_const = dis.opmap["LOAD_CONST"]
    for instruction in dis.get_instructions(code):
        if instruction.offset not in offsets:
            continue
        if instruction.argval not in places:
            places[instruction.argval] = len(constants)
            constants.append(number(instruction.argval))
        place = places[instruction.argval]
        if instruction.opname == "LOAD_SMALL_INT":
            content[instruction.offset] = load_const
        content[instruction.offset + 1] = place & 255
        before = instruction.offset - 2
        if before >= 0 and content[before] == dis.EXTENDED_ARG:
            content[before + 1] = place >> 8 & 255
        elif place > 255:
            raise ValueError("too many constants")
    return code.replace(co_code=bytes(content), co_consts=tuple(constants))


def _floats_of(constant: Any, number: Callable[[Any], Any]) -> Any:
    """A constant with its floats retyped; in a tuple with a float all numbers are."""
    if isinstance(constant, types.CodeType):
        return patch(constant, set(), number)
    if isinstance(constant, float):
        return number(constant)
    if isinstance(constant, tuple) and any(isinstance(item, float) for item in constant):
        return tuple(number(item) if isinstance(item, (int, float)) else item for item in constant)
    return constant


retyped_constant = functools.partial(_floats_of)
"""A number, or tuple of numbers, that a name refers to: floats retyped, integers kept."""
