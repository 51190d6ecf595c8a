"""PyTorch's ``state_dict``: what its modules call their arrays, and how these lie."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nbnet.layers.batch_normalization import BatchNormalization
from nbnet.layers.dense import Dense
from nbnet.layers.embedding import Embedding
from nbnet.layers.layer import Layer
from nbnet.layers.layer_normalization import LayerNormalization
from nbnet.layers.prelu import PReLU
from nbnet.models.foreign.matching import Found, Pair, Rules
from nbnet.models.foreign.order import by_shapes_and_numbers
from nbnet.models.foreign.stored import Group, Stored
from nbnet.models.foreign.targets import Target
from nbnet.models.foreign.tensors_file import grouped

__all__ = ["TORCH", "torch_groups", "warn_of_epsilon"]

_SCALE_AND_SHIFT = {"gamma": "weight", "beta": "bias"}
_NAMES: dict[type[Layer], Mapping[str, str]] = {  # what a weight of a layer is called in the module of PyTorch
    BatchNormalization: {**_SCALE_AND_SHIFT, "moving_mean": "running_mean", "moving_variance": "running_var"},
    Dense: {"kernel": "weight"},
    Embedding: {"embeddings": "weight"},
    LayerNormalization: _SCALE_AND_SHIFT,
    PReLU: {"alpha": "weight"},
}
_COUNTERS = {"num_batches_tracked"}
_WRAPPERS = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before every name
_EPSILON = 1e-5  # PyTorch's default; a state_dict does not hold it


def torch_groups(arrays: Mapping[str, Stored]) -> list[Group]:
    """The modules of a ``state_dict``."""
    names = dict(arrays)
    for wrapper in _WRAPPERS:
        if names and all(name.startswith(wrapper) for name in names):
            names = {name.removeprefix(wrapper): stored for name, stored in names.items()}
    return grouped(names, ".")


def warn_of_epsilon(targets: Sequence[Target]) -> None:
    """Say which layers add another ε to the variance than PyTorch's modules do by default."""
    kinds = (BatchNormalization, LayerNormalization)
    others = [item for item in targets if isinstance(item.layer, kinds) and item.layer.epsilon != _EPSILON]
    if others:
        named = ", ".join(f"'{target.name}' has {target.layer.epsilon:g}" for target in others)
        warnings.warn(
            f"A state_dict does not hold ε, which PyTorch has as eps={_EPSILON:g} unless told otherwise; {named}. Give "
            "these layers the epsilon= of the modules, or their outputs differ.",
            stacklevel=6,
        )


def _fit(target: Target, group: Group) -> list[Pair] | None:
    """The weights of a layer with the arrays of a module, if it is such a module."""
    names = next((table for kind, table in _NAMES.items() if isinstance(target.layer, kind)), {})
    left = {name: stored for name, stored in group.arrays.items() if name not in _COUNTERS}
    pairs = []
    change: Callable[..., Any] | None
    for short, weight in target.weights.items():
        stored = left.pop(names.get(short, short), None)
        if stored is None:
            return None
        if isinstance(target.layer, Dense) and short == "kernel":  # PyTorch's is (outputs, inputs)
            shape, change = stored.shape[::-1], np.transpose
        elif isinstance(target.layer, PReLU) and stored.shape in ((1,), weight.shape[-1:]):  # for all, or each channel
            shape, change = weight.shape, partial(np.broadcast_to, shape=weight.shape)
        else:
            shape, change = stored.shape, None
        if shape != weight.shape:
            return None
        pairs.append(Pair(weight, stored, change))
    return None if left else pairs


def _advise(target: Target, group: Group) -> str:
    """That the matrix of a Linear module lies the other way round than PyTorch has it."""
    kernel, stored = target.weights.get("kernel"), group.arrays.get("weight")
    if not isinstance(target.layer, Dense) or kernel is None or stored is None or stored.shape != kernel.shape:
        return ""
    return (
        f"its weight has the shape {stored.shape}; PyTorch's is (outputs, inputs), here {stored.shape[::-1]}: "
        "transpose it before it is saved"
    )


def _fits(target: Target, group: Group) -> bool:
    return _fit(target, group) is not None


def _arrange(targets: Sequence[Target], groups: Sequence[Group]) -> Found:
    return by_shapes_and_numbers(targets, groups, _fits)


def _ignored(group: Group) -> bool:
    return set(group.arrays) <= _COUNTERS


TORCH = Rules(_fit, _arrange, _ignored, "shapes and numbers", names_decide=True, advise=_advise)
