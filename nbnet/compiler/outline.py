"""The outline of a graph: all that its plan depends on, as one hashable value.

Two graphs of one outline differ only in which variables and run-time scalars they are about, and in the names and
source lines they came from; with those put in its place, the plan of one is the plan of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from nbnet.compiler.target import Target
from nbnet.graph.graph import Graph
from nbnet.graph.ops.formula import Formula
from nbnet.graph.tensor import READ, SCALAR, RuntimeScalar, Variable
from nbnet.graph.trace import Assign, Origin

__all__ = ["Outline", "outline_of", "target_key"]

_WHOLE = 1024
"""Bytes up to which an array stands in the outline itself; of a larger one it holds a digest."""


@dataclass(frozen=True)
class Outline:
    """A graph's outline, and what it leaves open.

    Attributes
    ----------
    key : hashable
        Equal for graphs of one outline.
    variables : tuple of Variable
        In order of first use.
    scalars : tuple of RuntimeScalar
    origins : tuple of Origin
        Each place that nodes came from, in order of first use.
    """

    key: Any
    variables: tuple[Variable, ...]
    scalars: tuple[RuntimeScalar, ...]
    origins: tuple[Origin, ...]


class _UnknownAttribute(Exception):
    """An attribute is of a type whose equality says nothing here."""


def outline_of(graph: Graph) -> Outline | None:
    """The outline of a graph; None where an attribute of a node is of no known type."""
    variables: dict[int, Variable] = {}
    scalars: dict[int, RuntimeScalar] = {}
    origins: dict[Origin | None, int] = {}
    number: dict[int, int] = {}
    places: dict[int, int] = {}

    def numbered(variable: Variable) -> int:
        variables.setdefault(id(variable), variable)
        return places.setdefault(id(variable), len(places))

    rows: list[Any] = []
    try:
        for node in graph.nodes():
            attrs: Any
            if node.op is READ:
                attrs = numbered(node.attrs["variable"])
            elif node.op is SCALAR:
                scalar = node.attrs["scalar"]
                scalars.setdefault(id(scalar), scalar)
                attrs = list(scalars).index(id(scalar))
            else:
                attrs = _attributes(node.attrs)
            inputs = tuple([number[id(item)] for item in node.inputs])
            origin = origins.setdefault(node.origin, len(origins))
            rows.append((node.op, inputs, attrs, node.shape, node.dtype.str, origin))
            number[id(node)] = len(number)
    except _UnknownAttribute:
        return None
    effects = tuple(
        (numbered(item.variable), number[id(item.value)], item.group) if isinstance(item, Assign)
        else (item.name, item.group, tuple(number[id(node)] for node in item.watched))
        for item in graph.effects
    )  # fmt: skip
    key = (
        tuple(rows),
        tuple(number[id(node)] for node in graph.inputs),
        tuple(number[id(node)] for node in graph.outputs),
        effects,
        tuple((item.shape, item.dtype.str, item.trainable) for item in variables.values()),
        tuple((item.name, item.dtype.str) for item in scalars.values()),
        tuple(None if item is None else (bool(item.layer), bool(item.file)) for item in origins),
    )
    return Outline(
        key, tuple(variables.values()), tuple(scalars.values()), tuple(item for item in origins if item is not None)
    )


def target_key(target: Target) -> Any:
    """A hashable value, equal for equal targets."""
    plain = tuple((item.name, getattr(target, item.name)) for item in fields(target) if item.name != "choices")
    return plain, tuple(sorted(target.choices.items()))


def _attributes(attrs: Mapping[str, Any]) -> tuple[Any, ...]:
    """The attributes of a node."""
    return tuple([(name, _frozen(value)) for name, value in attrs.items()]) if attrs else ()


def _frozen(value: Any) -> Any:
    """An attribute with its type, as 1, 1.0 and True are equal, and so are 0.0 and -0.0."""
    kind = type(value)
    if kind is int or kind is bool or kind is str or value is None:
        return kind, value
    if kind is tuple or kind is list:
        return kind, _all(value)
    if kind is float:
        return kind, value.hex()
    if isinstance(value, np.dtype):
        return "dtype", value.str
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biuf":
        raw = value.tobytes()
        content = raw if len(raw) <= _WHOLE else hashlib.sha256(raw).digest()
        return kind, value.dtype.str, value.shape, content
    if isinstance(value, Formula):
        return value  # equal to itself alone, as operators are
    raise _UnknownAttribute


def _all(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple([_frozen(value) for value in values])
