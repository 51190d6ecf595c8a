"""The convolutional layers of a model, by the names that pictures give them."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError, NotBuiltError
from nbnet.layers.convolution import Convolution
from nbnet.training.glass.naming import layer_names

__all__ = ["convolutions", "named_layer"]


def convolutions(model: Any) -> dict[str, Convolution]:
    """The two-dimensional convolutions of a model in its order.

    Parameters
    ----------
    model : Model
        Built.

    Returns
    -------
    dict of str to Convolution
        By the layer's name, or by its path where several have one name.

    Raises
    ------
    ArgumentError
        When there is none.
    NotBuiltError
        When the model has no weights yet.
    """
    layers = _layers(model)
    found = {name: layer for name, layer in layers.items() if isinstance(layer, Convolution) and layer.rank == 2}
    if not found:
        classes = ", ".join(dict.fromkeys(type(layer).__name__ for layer in layers.values()))
        raise ArgumentError(
            f"Model '{model.name}' has no two-dimensional convolution, so there are no filters and feature maps to "
            f"draw; it has {classes or 'no layers'}."
        )
    for layer in found.values():
        if not layer.built:
            raise NotBuiltError(
                f"{layer.title} has no weights yet. Give the first layer an input_shape, call build(input_shape), or "
                "call the model on images."
            )
    return found


def named_layer(model: Any, name: str) -> Any:
    """The layer of a name, or of a path in the model.

    Raises
    ------
    ArgumentError
        When there is none.
    """
    layers = _layers(model)
    if name not in layers:
        raise ArgumentError(f"Model '{model.name}' has no layer '{name}'; it has {', '.join(layers)}.")
    return layers[name]


def _layers(model: Any) -> dict[str, Any]:
    """All layers in a model, without those that only hold others, by name."""
    inside = [layer for layer in model._walk() if layer is not model and (layer._own() or not layer._children())]
    names = layer_names(model, ((layer, layer.name) for layer in inside))
    return {names[id(layer)]: layer for layer in inside}
