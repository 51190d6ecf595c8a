"""Layers one after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any, Self

from nbnet.errors import NotBuiltError, TraceError
from nbnet.graph.tensor import Tensor
from nbnet.layers.input import Input, InputLayer, is_input
from nbnet.layers.layer import Layer
from nbnet.models.model import Model
from nbnet.models.naming import name_layers

__all__ = ["Sequential"]


class Sequential(Model):
    """A model whose layers follow one another.

    Parameters
    ----------
    layers : iterable of Layer, optional
        The first may be an :func:`nbnet.Input` or have ``input_shape=``: then weights are made at once, else when the
        first data come.
    name : str, optional

    Examples
    --------
    >>> from nbnet.layers import Dense
    >>> model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    def __init__(self, layers: Iterable[Layer] | None = None, name: str | None = None) -> None:
        super().__init__(name=name)
        self._input: InputLayer | None = None
        self._symbols: tuple[Tensor, Tensor] | None = None
        for layer in layers or ():
            self._append(layer)
        self._build_if_possible()

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, without the Input."""
        return list(self._layers)

    @property
    def input_names(self) -> list[str]:
        """The name of the one input."""
        return ["input"]

    @property
    def inputs(self) -> list[Tensor]:
        """The symbol that the layers are called on; then each of them has an ``output``, for a model that ends there.

        ``Model(model.inputs, model.layers[2].output)`` is the first three layers, with their weights. Empty before the
        model is built.
        """
        return [self._symbolic()[0]] if self.built else []

    @property
    def outputs(self) -> list[Tensor]:
        """The symbol that the last layer gives; empty before the model is built."""
        return [self._symbolic()[1]] if self.built else []

    def _symbolic(self) -> tuple[Tensor, Tensor]:
        """The layers called on an Input, once."""
        if self._symbols is None:
            begin = x = Input(self.input_shape[1:], None if self._input is None else self._input.wanted)
            for layer in self._layers:
                x = layer(x)
            self._symbols = begin, x
        return self._symbols

    def network_edges(self) -> list[tuple[str, str]]:
        """Each layer gives to the next, by their names."""
        names = [layer.name for layer in self._layers]
        return list(zip(["input", *names], names, strict=False))

    def add(self, layer: Layer) -> None:
        """Put a layer at the end.

        Raises
        ------
        TypeError
            When it is no layer.
        ValueError
            When another layer has its name.
        """
        self._append(layer)
        self._changed()

    def pop(self) -> Layer:
        """Take the last layer away and return it."""
        if not self._layers:
            raise NotBuiltError(f"Model '{self.name}' has no layers to take away.")
        layer = self._layers.pop()
        self._changed()
        return layer

    def call(self, x: Any) -> Any:
        """Each layer applied to what the one before gives."""
        if not self._layers:
            raise NotBuiltError(f"Model '{self.name}' has no layers; add one, e.g. model.add(Dense(10)).")
        if self._input is not None:
            x = self._input(x)
        for layer in self._layers:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        """The layers as they are now; in a subclass with a constructor of its own, its arguments."""
        if type(self).__init__ is not Sequential.__init__:
            return super().get_config()
        given = [] if self._input is None else [self._input]
        return {"layers": [*given, *self._layers], "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A model of the layers in `config`."""
        return cls(**config)

    def _append(self, layer: Any) -> None:
        """Take a layer in, with a name of its own."""
        if is_input(layer):
            layer = InputLayer.of(layer)
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise TypeError(
                f"Sequential expects layers; received the class {layer.__name__}. Write {layer.__name__}(…)."
            )
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential expects layers; received {layer!r}.")
        if isinstance(layer, InputLayer):
            if self._layers or self._input is not None:
                raise ValueError("An Input is the first entry of a model; it came after other layers.")
            self._input = layer
            return
        if any(layer is own for own in self._layers):
            raise ValueError(f"Layer '{layer.name}' is in model '{self.name}' already; make a new one.")
        name_layers([*self._layers, layer], self)
        self._layers.append(layer)

    def _changed(self) -> None:
        """Forget compiled steps, and build what can be built."""
        self._renew()
        self._functions = {}
        self._symbols = None
        self.built = False
        self._input_shape = self._output_shape = None
        self._build_if_possible()

    def _build_if_possible(self) -> None:
        """Build where the shape of the input is known; a layer that looks at numbers waits for data."""
        first = self._input or (self._layers[0] if self._layers else None)
        if self._layers and first is not None and first.input_shape is not None:
            with contextlib.suppress(TraceError):
                self.build(first.input_shape)
