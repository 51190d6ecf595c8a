"""Rewriting the numbers of a function: its float literals, and chosen integer literals, in one floating type.

`nbnet.kernels.kinds` says which integers; a constant that is also loaded as an integer is doubled.
"""

import dis
import types
from collections.abc import Set
from typing import Any

import numpy as np

from nbnet.kernels.kinds import Origin

_LOADS = frozenset(["LOAD_CONST", "LOAD_SMALL_INT", "RETURN_CONST"])


def retyped(value: Any, origin: Origin, floats: Set[Origin], number: Any) -> Any:
    """A number, tuple or array with its floats, and those integers that are among `floats`, as `number`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (float, np.floating)) or (isinstance(value, int) and origin in floats):
        return number(value)
    if type(value) is tuple:
        return tuple(retyped(item, (*origin, index), floats, number) for index, item in enumerate(value))
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(number)
    return value


def patch(code: types.CodeType, floats: Set[Origin], number: Any) -> types.CodeType:
    """
    The code with its float constants, and the integer literals whose loads are among `floats`, as `number(constant)`.

    Raises
    ------
    ValueError
        When the code has so many constants that a load cannot name another one.
    """
    nothing: frozenset[Origin] = frozenset()
    constants = [
        patch(constant, nothing, number)
        if isinstance(constant, types.CodeType)
        else retyped(constant, (), nothing, number)
        for constant in code.co_consts
    ]
    content = bytearray(code.co_code)
    loads = [each for each in dis.get_instructions(code) if each.opname in _LOADS]
    changed = {
        each.offset: retyped(each.argval, ("load", each.offset), floats, number)
        for each in loads
        if any(origin[:2] == ("load", each.offset) for origin in floats)
    }
    kept = {each.arg for each in loads if each.offset not in changed or each.opname == "LOAD_SMALL_INT"}
    kept |= {
        each.arg for each in dis.get_instructions(code) if each.opcode in dis.hasconst and each.opname not in _LOADS
    }
    for instruction in loads:
        if instruction.offset not in changed:
            continue
        value, place = changed[instruction.offset], instruction.arg or 0
        if place in kept or instruction.opname == "LOAD_SMALL_INT":
            place = len(constants)
            constants.append(value)
            _set_argument(content, instruction.offset, place)
        else:
            constants[place] = value
            kept.add(place)
        if instruction.opname == "LOAD_SMALL_INT":
            content[instruction.offset] = dis.opmap["LOAD_CONST"]
    return code.replace(co_code=bytes(content), co_consts=tuple(constants))


def _set_argument(content: bytearray, offset: int, argument: int) -> None:
    """Write an instruction's argument, and the prefix that extends it if it has one."""
    content[offset + 1] = argument & 255
    if offset >= 2 and content[offset - 2] == dis.EXTENDED_ARG:
        content[offset - 1] = argument >> 8 & 255
    elif argument > 255:
        raise ValueError("too many constants")
