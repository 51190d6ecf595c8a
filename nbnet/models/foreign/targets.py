"""The layers of a model that have weights of their own: how they are called, and where Keras would keep them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nbnet.graph.tensor import Variable
from nbnet.layers.layer import Layer
from nbnet.layers.symbolic import LAYER, LayerCall, symbols_in
from nbnet.models.model import Model
from nbnet.models.network import Unit
from nbnet.models.sequential import Sequential

__all__ = ["Target", "keras_layers", "keras_places", "targets"]


@dataclass(frozen=True)
class Target:
    """A layer with weights of its own.

    Attributes
    ----------
    layer : Layer
    name : str
        Names of the layers from below the model's down to this one, with "/" between them; unique in the model.
    weights : dict of str to Variable
        By their short names, those that can be trained first.
    """

    layer: Any
    name: str
    weights: dict[str, Variable]

    def __str__(self) -> str:
        needed = ", ".join(f"{name} {weight.shape}" for name, weight in self.weights.items())
        return f"{type(self.layer).__name__} '{self.name}' ({needed})"


def targets(model: Model) -> list[Target]:
    """The layers with weights of their own, each once, in the order of the model's layers."""
    found: dict[str, Target] = {}
    seen: set[int] = set()

    def visit(layer: Any, name: str) -> None:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        own = sorted(layer._own(), key=lambda weight: not weight.trainable)
        if own:
            key, number = name or layer.name, 1
            while key in found:
                number += 1
                key = f"{name}~{number}"
            found[key] = Target(layer, key, _by_short_name(own))
        for child in _inside(layer):
            visit(child, f"{name}/{child.name}" if name else child.name)

    visit(model, "")
    return list(found.values())


def keras_places(model: Model) -> list[tuple[str, Any]]:
    """Where Keras keeps each layer of a model like this one in its file, weights or not.

    Parameters
    ----------
    model : Model

    Returns
    -------
    list of (str, Layer)
        The place is a path of groups, "" for the model itself.

    Notes
    -----
    In Sequential and functional models a layer is in ``layers``, under its class in snake case and its number among
    the layers of that class there. Elsewhere it is under the attribute that holds it, attributes being visited in
    alphabetical order with private ones last, and a layer being kept where it is met first. A model's ``layers`` are
    such an attribute too.
    """
    found: list[tuple[str, Any]] = []
    seen: set[int] = set()
    private = {name for made in (Layer(), Model(), Sequential()) for name in vars(made)}

    def visit(layer: Any, place: str) -> None:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        found.append((place, layer))
        attributes = {name: value for name, value in vars(layer).items() if name not in private}
        if _has_a_row_of_layers(layer):
            container(keras_layers(layer), f"{place}/layers", 0)
        elif isinstance(layer, Model):
            attributes["layers"] = layer.layers
        for name, value in sorted(attributes.items(), key=lambda item: f"~{item[0]}" if item[0][0] == "_" else item[0]):
            if isinstance(value, Layer):
                visit(value, f"{place}/{name}")
            else:
                container(value, f"{place}/{name}", 0)

    def container(items: Any, place: str, depth: int) -> None:
        if not isinstance(items, (list, tuple, dict)) or depth > 8:
            return
        used: dict[str, int] = {}
        for item in items.values() if isinstance(items, dict) else items:
            if not isinstance(item, (Layer, list, tuple, dict)):
                continue
            base = _keras_class(item) if isinstance(item, Layer) else "container"
            number = used[base] = used.get(base, -1) + 1
            below = f"{place}/{base}_{number}" if number else f"{place}/{base}"
            if isinstance(item, Layer):
                visit(item, below)
            else:
                container(item, below, depth + 1)

    visit(model, "")
    return [(place.removeprefix("/"), layer) for place, layer in found]


def keras_layers(model: Any) -> list[Any]:
    """The layers directly inside, in Keras' order: in a functional model by their distance from the outputs.

    Notes
    -----
    The distance is the largest number of calls on the way to an output; equally distant layers stand in the order in
    which they are met on the way from the outputs to the inputs, the first argument first.
    """
    network = getattr(model, "_network", None)
    if network is None:
        return list(_inside(model))
    stop = {id(symbol) for symbol in network.inputs}
    met: dict[int, int] = {}
    order: list[Unit] = []
    seen: set[int] = set()
    for output in _sorted_symbols(network.outputs):
        if id(output) in stop or id(_unit(output)) in seen:
            continue
        stack = [_entered(_unit(output), met, seen, stop)]
        while stack:
            unit, needed = stack[-1]
            following = next((item for item in needed if id(item) not in seen), None)
            if following is None:
                order.append(unit)
                stack.pop()
            else:
                stack.append(_entered(following, met, seen, stop))
    depths: dict[int, int] = {}
    distance: dict[int, int] = {}
    for unit in reversed(order):
        depth = max(depths.get(id(unit), 0), distance.get(_owner(unit), 0))
        depths[id(unit)] = distance[_owner(unit)] = depth
        for parent in _parents(unit, stop):
            depths[id(parent)] = max(depths.get(id(parent), 0), depth + 1)
    return sorted(network.layers, key=lambda layer: (-distance[id(layer)], met[id(layer)]))


def _entered(unit: Unit, met: dict[int, int], seen: set[int], stop: set[int]) -> tuple[Unit, Iterator[Unit]]:
    """A unit that is met on the way to the inputs, and those before it."""
    seen.add(id(unit))
    met.setdefault(_owner(unit), len(met))
    return unit, iter(_parents(unit, stop))


def _parents(unit: Unit, stop: set[int]) -> list[Unit]:
    """The calls and ops whose outputs a unit takes."""
    given = _sorted_symbols((unit.args, unit.kwargs)) if isinstance(unit, LayerCall) else list(unit.inputs)
    return [_unit(symbol) for symbol in given if id(symbol) not in stop]


def _unit(symbol: Any) -> Unit:
    """The call or op that gives a symbol."""
    unit: Unit = symbol.attrs["call"] if symbol.op is LAYER else symbol
    return unit


def _owner(unit: Unit) -> int:
    """What is put in order: the layer of a call, or an op."""
    return id(unit.layer) if isinstance(unit, LayerCall) else id(unit)


def _sorted_symbols(nest: Any) -> list[Any]:
    """The symbols of a nest, the items of a dict by their keys."""
    if isinstance(nest, dict):
        return [symbol for key in sorted(nest) for symbol in _sorted_symbols(nest[key])]
    if isinstance(nest, (list, tuple)):
        return [symbol for item in nest for symbol in _sorted_symbols(item)]
    return symbols_in(nest)


def _inside(layer: Any) -> Sequence[Any]:
    """The layers directly inside."""
    return layer.layers if isinstance(layer, Model) else [child for _, child in layer._children()]


def _has_a_row_of_layers(layer: Any) -> bool:
    """Whether Keras would call it a Sequential or functional model."""
    return isinstance(layer, Sequential) or getattr(layer, "_network", None) is not None


def _keras_class(layer: Layer) -> str:
    """The class in Keras, in snake case as Keras writes it: p_re_lu, where nbnet's names have pre_lu."""
    name = "Functional" if type(layer) is Model else type(layer).__name__
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _by_short_name(weights: list[Variable]) -> dict[str, Variable]:
    """Weights by the last part of their names; one that comes again gets a number."""
    found: dict[str, Variable] = {}
    for weight in weights:
        short = key = weight.name.rpartition("/")[2]
        number = 1
        while key in found:
            number += 1
            key = f"{short}~{number}"
        found[key] = weight
    return found
