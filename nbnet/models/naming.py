"""Names of the layers of one model, no two alike."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from nbnet.configurable import snake_case
from nbnet.layers.layer import Layer

__all__ = ["name_layers"]


def name_layers(layers: Sequence[Layer], model: Any) -> None:
    """Give names to those layers that have none: dense, dense_1, dense_2, ….

    Parameters
    ----------
    layers : sequence of Layer
        In order; a layer keeps a name that the user gave it. One that another model has made stays too unless it is
        taken here; then the layer gets one that is free in each of its models.
    model : Model

    Raises
    ------
    ValueError
        When two layers were given the same name.
    """
    taken: set[str] = set()
    for layer in layers:
        if layer._name is None or not layer._name_is_given:
            continue
        if layer.name in taken:
            raise ValueError(f"Two layers of model '{model.name}' are called '{layer.name}'; give one another name=.")
        taken.add(layer.name)
    unnamed = []
    for layer in layers:
        if layer._name is None or (not layer._name_is_given and layer.name in taken):
            unnamed.append(layer)
        else:
            taken.add(layer.name)
    for layer in unnamed:
        elsewhere = {other.name for other_model in layer._models for other in other_model.layers if other is not layer}
        layer.take_name(_free(layer, taken | elsewhere))
        taken.add(layer.name)
    for layer in layers:
        layer._models.add(model)


def _free(layer: Layer, taken: set[str]) -> str:
    """The layer's name, or the one of its class, with the first number that makes it a new one."""
    base = snake_case(type(layer).__name__)
    if layer._name is not None and not layer._name.startswith(base):
        base = layer._name  # that of an attribute
    numbered = (f"{base}_{number}" for number in itertools.count(1))
    return next(name for name in itertools.chain([base], numbered) if name not in taken)
