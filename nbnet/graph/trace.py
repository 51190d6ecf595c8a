"""Recording one step: the current value of state, ordered effects, random streams, and where a node came from."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

import nbnet.graph.tensor as tensors
from nbnet.graph.operators import operations
from nbnet.graph.tensor import READ, SCALAR, RuntimeScalar, Tensor, Variable, constant

__all__ = [
    "Assign", "Guard", "Origin", "Trace", "caller", "layer_scope", "marks_scope", "part_scope", "tracing", "untraced",
    "update_group",
]  # fmt: skip

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = [sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")]
_FOREIGN = (_PACKAGE, "<frozen", *_LIBRARIES)
"""Beginnings of the paths of code that is not the user's: nbnet's own, Python's, and installed packages'."""
_SCOPE_CODES: set[CodeType] = set()


@dataclass(frozen=True)
class Origin:
    """Where a node came from.

    Attributes
    ----------
    layer : str or None
        Name of the layer that was being called.
    file, line : str, int
        The user's source line: inside the layer's own ``call`` if the user wrote it, else where the layer
        was made.
    """

    layer: str | None
    file: str
    line: int

    @property
    def source(self) -> str:
        """The text of the line, or an empty string where there is no file."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        place = f"{os.path.basename(self.file)}:{self.line}" if self.file else ""
        return " ".join(part for part in (self.layer, place) if part)


@dataclass(frozen=True, eq=False)
class Assign:
    """An ordered effect: after the step `variable` holds `value`. Group 0 stands outside update groups."""

    variable: Variable
    value: Tensor
    group: int


@dataclass(frozen=True, eq=False)
class Guard:
    """Nothing of update group `group` is written unless all `watched` tensors are finite."""

    group: int
    name: str
    watched: tuple[Tensor, ...]


@dataclass
class _Scope:
    """One layer call in progress."""

    layer: str | None
    position: int
    made: tuple[str, int]


def caller(frame: FrameType | None = None) -> tuple[str, int]:
    """File and line of the nearest frame of the user's code; ("", 0) where there is none."""
    frame = frame or sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_FOREIGN):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "", 0


@dataclass
class Trace:
    """What one traced step records beside its nodes.

    Parameters
    ----------
    eager : bool
        Compute each node's number as it is made.
    seed, step : RuntimeScalar
        What random numbers are a function of, beside layer, op and element.

    Attributes
    ----------
    losses : list of Tensor, shape ()
        What layers have added to the loss in this step.
    """

    seed: RuntimeScalar = field(default_factory=lambda: RuntimeScalar("seed", lambda: 0, "int64"))
    step: RuntimeScalar = field(default_factory=lambda: RuntimeScalar("step", lambda: 0, "int64"))
    eager: bool = False
    effects: list[Assign | Guard] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)
    _state: dict[int, Tensor] = field(default_factory=dict)
    _scalars: dict[int, Tensor] = field(default_factory=dict)
    _scopes: list[_Scope] = field(default_factory=lambda: [_Scope(None, 0, ("", 0))])
    _draws: dict[int, int] = field(default_factory=dict)
    _origin: Origin | None = None
    _groups: int = 0
    _group: int = 0

    def read(self, variable: Variable) -> Tensor:
        """The symbolic value of `variable` at this point of the step."""
        found = self._state.get(id(variable))
        if found is None:
            value = variable.numpy() if self.eager else None
            found = Tensor(READ, (), {"variable": variable}, variable.shape, variable.dtype, self.origin(), value)
            self._state[id(variable)] = found
        return found

    def assign(self, variable: Variable, value: Any) -> Tensor:
        """Record that `variable` holds `value` from here on; later reads see it."""
        lifted = tensors.as_operand(value)
        if not isinstance(lifted, Tensor):
            lifted = constant(lifted, variable.dtype)
        elif lifted.dtype != variable.dtype:
            lifted = lifted.astype(variable.dtype)
        self.effects.append(Assign(variable, lifted, self._group))
        # What is read from here on is a number that was written: no gradient goes through it to what it was made of.
        self._state[id(variable)] = operations.stop_gradient(lifted)
        return lifted

    def scalar(self, scalar: RuntimeScalar) -> Tensor:
        """The leaf for a run-time scalar."""
        found = self._scalars.get(id(scalar))
        if found is None:
            value = np.asarray(scalar.provider(), scalar.dtype) if self.eager else None
            found = Tensor(SCALAR, (), {"scalar": scalar}, (), scalar.dtype, None, value)
            self._scalars[id(scalar)] = found
        return found

    def draw(self) -> tuple[int, int]:
        """(position of the layer, number of the random op among that layer's): one random stream."""
        position = self._scopes[-1].position
        number = self._draws.get(position, 0)
        self._draws[position] = number + 1
        return position, number

    @contextmanager
    def on_behalf(self, node: Tensor) -> Iterator[None]:
        """Nodes recorded inside come from where `node` came from: the gradient of an op belongs to its layer."""
        outer, self._origin = self._origin, node.origin
        try:
            yield
        finally:
            self._origin = outer

    def origin(self) -> Origin:
        """The layer being called and the user's line that asked for the node."""
        if self._origin is not None:
            return self._origin
        scope = self._scopes[-1]
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            code = frame.f_code
            if code in _SCOPE_CODES and scope.made[0]:
                return Origin(scope.layer, *scope.made)
            if not code.co_filename.startswith(_FOREIGN):
                return Origin(scope.layer, code.co_filename, frame.f_lineno)
            frame = frame.f_back
        return Origin(scope.layer, "", 0)


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Make `trace` this thread's active trace."""
    stack = tensors._active.traces
    stack.append(trace)
    try:
        yield trace
    finally:
        stack.pop()


@contextmanager
def untraced() -> Iterator[None]:
    """Let no trace be active on this thread: ops on arrays are computed at once."""
    stack: list[Any] = tensors._active.traces
    stack.append(None)
    try:
        yield
    finally:
        stack.pop()


@contextmanager
def layer_scope(layer: str, position: int, made: tuple[str, int]) -> Iterator[None]:
    """Nodes recorded inside belong to `layer`; random ops draw from the stream of `position`.

    Parameters
    ----------
    layer : str
        Name for messages and plans.
    position : int
        Place of the layer in its model.
    made : tuple of str and int
        File and line where the user made the layer.
    """
    trace = tensors.active_trace()
    if trace is None:
        yield
        return
    trace._scopes.append(_Scope(layer, position, made))
    try:
        yield
    finally:
        trace._scopes.pop()


@contextmanager
def part_scope(name: str) -> Iterator[None]:
    """Nodes recorded inside belong to a part that is no layer: a loss, a metric, an optimizer."""
    trace = tensors.active_trace()
    if trace is None:
        yield
        return
    trace._scopes.append(_Scope(name, trace._scopes[-1].position, ("", 0)))
    try:
        yield
    finally:
        trace._scopes.pop()


def marks_scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: user lines are not searched beyond this function's frame (a layer's ``__call__``)."""
    _SCOPE_CODES.add(function.__code__)
    return function


@contextmanager
def update_group(name: str, watched: tuple[Tensor, ...]) -> Iterator[None]:
    """Assignments inside are written only when all `watched` tensors are finite.

    Outside a trace it does nothing.
    """
    trace = tensors.active_trace()
    if trace is None:
        yield
        return
    trace._groups += 1
    group = trace._groups
    trace.effects.append(Guard(group, name, tuple(watched)))
    outer, trace._group = trace._group, group
    try:
        yield
    finally:
        trace._group = outer
