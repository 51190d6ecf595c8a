"""Any function over ops as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbnet.errors import ArgumentError, ShapeError
from nbnet.hookspecs import Register, hookimpl
from nbnet.layers.layer import Layer

__all__ = ["Lambda"]


class Lambda(Layer):
    """A function over ops as a layer: ``Lambda(lambda x: x ** 2)``.

    Parameters
    ----------
    function : callable
        Of the input; it may also take ``training``, a bool. Weights that it uses are not found: write a
        :class:`Layer` for these.
    output_shape : sequence of int, optional
        Shape of a sample of the output. It is found by itself; what is given is checked.
    mask : None
        Reserved: masks are not available.
    arguments : mapping of str to object, optional
        Further keyword arguments of the function.
    **kwargs
        ``name``, ``trainable``, ``dtype``, ``input_shape``, ``input_dim``: see :class:`Layer`.

    Raises
    ------
    ArgumentError
        When `function` cannot be called, or `mask` is given.
    ShapeError
        When the output has another shape than `output_shape`.

    Notes
    -----
    A saved model holds the name of the function and not its code: give the function a name with ``def``, and pass it
    when the model is loaded, ``nbnet.load(path, custom_objects={"name": function})``. Keras 3 writes its bytecode,
    which may do anything when it is loaded.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Sequence[int] | None = None,
        mask: None = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentError(f"Lambda expects a function of one tensor; received {function!r:.60}.")
        if mask is not None:
            raise ArgumentError("Lambda(mask=…) is not available: there are no masks. Leave it out.")
        self.function = function
        self.arguments = dict(arguments or {})
        self._wanted = None if output_shape is None else tuple(output_shape)
        try:
            self._trains = "training" in inspect.signature(function).parameters
        except (TypeError, ValueError):  # built-in functions tell no signature
            self._trains = False

    def call(self, x: Any, training: bool = False) -> Any:
        """What the function returns."""
        y = self.function(x, **self.arguments, **({"training": training} if self._trains else {}))
        if self._wanted is not None and hasattr(y, "shape") and tuple(y.shape[1:]) != self._wanted:
            raise ShapeError(
                f"{self.title} was given output_shape={self._wanted}; its function returned shape {tuple(y.shape)}. "
                "Correct it, or leave output_shape out."
            )
        return y


@hookimpl
def register_layers(register: Register) -> None:
    """Register ``Lambda``."""
    register("Lambda", Lambda)
