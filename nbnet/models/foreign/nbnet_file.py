"""nbnet's own files of weights: arrays by the names of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbnet.graph.tensor import Variable
from nbnet.models.foreign.matching import Pair, Rules, by_names
from nbnet.models.foreign.stored import Group, Stored
from nbnet.models.foreign.targets import Target
from nbnet.models.model import Model

__all__ = ["NBNET", "is_nbnet", "named_arrays", "nbnet_targets"]


def named_arrays(model: Model) -> dict[str, np.ndarray]:
    """The weights by the names that they have in files."""
    return {name: weight.storage for name, weight in _named(model).items()}


def is_nbnet(arrays: Mapping[str, Stored], model: Model) -> bool:
    """Whether arrays have nbnet's names, "dense/kernel", and not PyTorch's, "dense.weight"."""
    return any("/" in name for name in arrays) or set(arrays) == set(_named(model))


def nbnet_targets(model: Model) -> list[Target]:
    """The weights of a model in groups by their names in files."""
    owners: dict[int, Any] = {}

    def visit(layer: Any) -> None:
        owners.update((id(weight), layer) for weight in layer._own())
        for _, child in layer._children():
            visit(child)

    visit(model)
    found: dict[str, Target] = {}
    for name, weight in _named(model).items():
        place, _, short = name.rpartition("/")
        target = found.setdefault(place, Target(owners.get(id(weight), model), place, {}))
        target.weights[short] = weight
    return list(found.values())


def _named(model: Model) -> dict[str, Variable]:
    """All weights by their names in files."""
    from nbnet.models.saving import _by_key

    return _by_key(model)


def _fit(target: Target, group: Group) -> list[Pair] | None:
    """Weights and arrays of the same names and shapes."""
    if set(target.weights) != set(group.arrays):
        return None
    pairs = [Pair(weight, group.arrays[name]) for name, weight in target.weights.items()]
    return pairs if all(pair.stored.shape == pair.weight.shape for pair in pairs) else None


def _ignored(_: Group) -> bool:
    return False


NBNET = Rules(_fit, by_names, _ignored, "name", names_decide=True)
