"""What layers and variables are called in the learning glass, where two of a model may have one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from nbnet.layers.layer import Layer
from nbnet.optimizers import Optimizer

__all__ = ["layer_names", "variable_names"]


def layer_names(model: Any, called: Iterable[tuple[Layer, str]]) -> dict[int, str]:
    """What each called layer is called, by its id.

    Parameters
    ----------
    model : Model
    called : iterable of (Layer, str)
        Layers with the names under which they were recorded, the first of a layer counting.

    Returns
    -------
    dict of int to str
        A name that several layers have, as those of two networks trained in turn, is made longer by the path from the
        model down.
    """
    first: dict[int, str] = {}
    for layer, name in called:
        first.setdefault(id(layer), name)
    often, paths = Counter(first.values()), _paths(model)
    return {key: name if often[name] == 1 else paths.get(key, name) for key, name in first.items()}


def variable_names(model: Any, layers: Mapping[int, str], optimizers: Iterable[Optimizer]) -> dict[int, str]:
    """What each weight, and each slot of the optimizers, is called, by its id.

    Parameters
    ----------
    model : Model
    layers : mapping of int to str
        From :func:`layer_names`: a weight whose layer has its path as its name has it too.
    optimizers : iterable of Optimizer

    Returns
    -------
    dict of int to str
    """
    weights = {id(weight): weight for weight in model.weights}
    often = Counter(weight.name for weight in weights.values())
    paths = _paths(model)
    names: dict[int, str] = {}
    for layer in model._walk():
        for weight in layer._own():
            own = weight.name.rpartition("/")[2]
            path = paths.get(id(layer))
            longer = path is not None and (often[weight.name] > 1 or layers.get(id(layer)) == path)
            names.setdefault(id(weight), f"{path}/{own}" if longer else weight.name)
    for optimizer in optimizers:
        for key, weight in weights.items():
            if optimizer.has_slots(weight):
                names |= {id(state): f"{names[key]}/{slot}" for slot, state in optimizer.slots(weight).items()}
    return names


def _paths(model: Any) -> dict[int, str]:
    """Each layer's place in the model, such as ``generator/dense``, by its id."""
    found: dict[int, str] = {}

    def look(layer: Any, path: str) -> None:
        for attribute, child in layer._children():
            if id(child) not in found:
                found[id(child)] = f"{path}{child._name or attribute}"
                look(child, f"{found[id(child)]}/")

    look(model, "")
    return found
