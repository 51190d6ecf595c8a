"""What a fused program means, as plain loops over lanes and their elements."""

from __future__ import annotations

import math


def _divide(x, y):
    """x / y as IEEE has it."""
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x)
    return x / y


def _exp(x):
    """e ** x, infinite where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


FORMULAS = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": _divide,
    "square": lambda x: x * x,
    "negative": lambda x: -x,
    "exp": _exp,
    "log": lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "rsqrt": lambda x: 1 / math.sqrt(x) if x > 0 else math.inf if x == 0 else math.nan,
    "copy": lambda x: x,
    "greater": lambda x, y: x > y,
    "where": lambda condition, x, y: x if condition else y,
}


def total(values):
    """The sum, without rounding until the end."""
    return math.fsum(values) if any(isinstance(value, float) for value in values) else sum(values)


def largest(values):
    """The maximum; NaN if one is."""
    return math.nan if any(value != value for value in values) else max(values)


def smallest(values):
    """The minimum; NaN if one is."""
    return math.nan if any(value != value for value in values) else min(values)


def place_of_largest(values):
    """The index of the maximum: the first one, or the first NaN."""
    for index, value in enumerate(values):
        if value != value:
            return index
    return values.index(max(values))


REDUCTIONS = {"sum": total, "max": largest, "min": smallest, "argmax": place_of_largest}


def run(program, lanes, operand, last=lambda position: position):
    """Every result of a program.

    Parameters
    ----------
    program
        With `operands`, `body` and `results` as the kernels have them.
    lanes : list of list
        The positions of each lane's elements.
    operand : callable
        ``operand(i, lane, position)``: the number of operand i; of one that is a number a lane, `position` is None.
    last : callable
        Position → its place along the last axis.

    Returns
    -------
    list of dict
        For each result its numbers by position, or by number of the lane.
    """
    k = len(program.operands)
    found = [{} for _ in program.results]
    for lane, positions in enumerate(lanes):
        values = {}
        for number in range(k + len(program.body)):
            step = program.body[number - k] if number >= k else None
            is_lane = step.lane if step else program.operands[number].lane
            if step and step.op in REDUCTIONS:
                values[number] = REDUCTIONS[step.op]([values[step.args[0], at] for at in positions])
            elif is_lane:
                values[number] = _once(step, number, values, lambda n: operand(n, lane, None))  # noqa: B023
            else:
                for at in positions:
                    values[number, at] = _each(step, number, values, at, lambda n: operand(n, lane, at), last)  # noqa: B023
        for result, out in zip(program.results, found, strict=True):
            if result.lane:
                out[lane] = values[result.value]
            else:
                out.update((at, values[result.value, at]) for at in positions)
    return found


def _once(step, number, values, load):
    """A number a lane."""
    return FORMULAS[step.op](*(values[arg] for arg in step.args)) if step else load(number)


def _each(step, number, values, at, load, last):
    """A number an element."""
    if step is None:
        return load(number)
    arguments = [values[arg, at] if (arg, at) in values else values[arg] for arg in step.args]
    return int(arguments[0] == last(at)) if step.op == "one_hot" else FORMULAS[step.op](*arguments)
