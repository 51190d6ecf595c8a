"""Names of the layers of one model, no two alike."""

from __future__ import annotations

from collections.abc import Sequence

from nbnet.layers.layer import Layer

__all__ = ["name_layers"]


def name_layers(layers: Sequence[Layer], model: str) -> None:
    """Give names to those layers that have none: dense, dense_1, dense_2, ….

    Parameters
    ----------
    layers : sequence of Layer
        In order; a layer keeps a name that it has.
    model : str
        For messages.

    Raises
    ------
    ValueError
        When two layers were given the same name.
    """
    taken: set[str] = set()
    for layer in layers:
        if layer._name is None:
            continue
        if layer.name in taken:
            raise ValueError(f"Two layers of model '{model}' are called '{layer.name}'; give one another name=.")
        taken.add(layer.name)
    for layer in layers:
        if layer._name is None:
            base, number = layer.name, 0
            while (name := f"{base}_{number}" if number else base) in taken:
                number += 1
            layer.name = name
            taken.add(name)
