"""The base of layers: weights, the call that records them in a graph, and their place in a model."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from nbnet.arguments import refuse_unknown
from nbnet.configurable import Configurable
from nbnet.errors import ArgumentError, DTypeError, NotBuiltError, ShapeError
from nbnet.graph import ops
from nbnet.graph.dtypes import as_dtype
from nbnet.graph.graph import make_input
from nbnet.graph.tensor import Tensor, Variable, active_trace, as_operand
from nbnet.graph.trace import Trace, marks_scope, tracing, untraced
from nbnet.layers.calls import entered, located
from nbnet.layers.shapes import Shape, known_sizes, positive_sizes
from nbnet.layers.symbolic import record, symbols_in
from nbnet.layers.weighted import Weighted

__all__ = ["Layer"]

_ARRAYS = (Tensor, Variable, np.ndarray)


class Layer(Weighted):
    """Base of layers.

    A layer of one's own needs :meth:`build`, which makes weights, and :meth:`call`, which composes ops; nobody
    writes a backward pass. Layers and variables that are set as attributes belong to the layer.

    Parameters
    ----------
    name : str, optional
        Unique in a model; made of the class name when None.
    trainable : bool
        Whether training changes the weights.
    dtype : float32 or float64
        In which the layer computes; other input is cast to it.
    input_shape : tuple of int, optional
        On the first layer of a model: shape of one sample, without the batch axis.
    input_dim : int, optional
        Short for ``input_shape=(input_dim,)``.

    Examples
    --------
    >>> from nbnet import ops
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones", "factor")
    ...     def call(self, x):
    ...         return x * self.factor
    """

    casts_input = True  # whether input is cast to the layer's dtype; a layer that takes indices says False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before, or without, calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made._input_shape = None
        made._output_shape = None
        made._outputs = None
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let every ``build`` note that the layer is built, also when a user calls it."""
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _noting(cls.__dict__["build"])  # type: ignore[method-assign]

    _input_shape: Any
    _output_shape: Any
    _outputs: Any

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = "float32",
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:  # gathered, as Python would name this class and not the user's
            known = {*type(self).signature().parameters, *Layer.signature().parameters} - {"kwargs", "unknown"}
            refuse_unknown(type(self).__name__, unknown, known)
        self._name = name
        self._trainable = bool(trainable)
        self._dtype = as_dtype(dtype)
        if self._dtype.kind != "f":
            raise DTypeError(f"{type(self).__name__} computes in float32 or float64; received dtype={dtype!r}.")
        if input_dim is not None:
            if input_shape is not None:
                raise ShapeError(f"{type(self).__name__} takes input_shape or input_dim, not both.")
            input_shape = (input_dim,)
        self._sample_shape = None if input_shape is None else positive_sizes(input_shape, type(self).__name__)

    _sample_shape: tuple[int, ...] | None = None

    # -- what a subclass writes ---------------------------------------------------------------------------------

    def build(self, input_shape: Shape) -> None:
        """Make the weights; called once, before the first call.

        Parameters
        ----------
        input_shape : tuple
            (None, ...): the batch axis comes first and is not known.
        """

    def call(self, x: Any) -> Any:
        """What the layer computes, written with ops. It may take ``training``, a bool.

        Parameters
        ----------
        x : Tensor, shape (batch, ...)

        Returns
        -------
        Tensor, shape (batch, ...)
        """
        raise NotImplementedError(f"{type(self).__name__} defines no call(x).")

    # -- what a user calls --------------------------------------------------------------------------------------

    @property
    def input_shape(self) -> Any:
        """(None, ...): known once the layer is built, or from ``input_shape=``; a list of shapes for several inputs."""
        if self._input_shape is None and self._sample_shape is not None:
            return (None, *self._sample_shape)
        return self._input_shape

    @property
    def output_shape(self) -> Any:
        """(None, ...): known once the layer has been called; a nest of shapes for several outputs."""
        return self._output_shape

    @property
    def output(self) -> Any:
        """What the latest call on symbols gave, to make a model that ends here: ``Model(inputs, layer.output)``.

        Raises
        ------
        NotBuiltError
            When the layer was never called on symbols.
        """
        if self._outputs is None:
            raise NotBuiltError(
                f"{self.title} has no symbolic output, as it was not called on an Input: x = Input((8,)); y = layer(x)."
            )
        return self._outputs

    @marks_scope
    def __call__(self, x: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Apply the layer, building it first if need be.

        Parameters
        ----------
        x : Tensor or array_like, shape (batch, ...)
        training : bool, optional
            What the layer around this one was called with when None, and False outside.

        Returns
        -------
        Tensor or ndarray, shape (batch, ...)
        """
        if any(isinstance(item, Layer) for item in (x if isinstance(x, (list, tuple)) else (x,))):
            raise ArgumentError(
                f"{self.title} is called with arrays or tensors; received a layer. Call that layer first, on what an "
                "Input gives: x = Input((8,)); y = layer(x); or use nbnet.Sequential([...])."
            )
        if active_trace() is None and symbols_in((x, args, kwargs)):
            if training is not None:
                kwargs["training"] = training
            self._outputs = record(self, (x, *args), kwargs)
            return self._outputs
        with entered(self, training) as frame, located(self, x):
            x = self._received(x)
            self._build_for(x)
            if _takes_training(type(self)):
                kwargs["training"] = frame.training
            y = self.call(x, *args, **kwargs)
            output_shape = _mapped(y, _batch_shape)
            if output_shape is None:
                raise ShapeError(
                    f"{self.title} expects its call() to return a tensor, or a list, tuple or dict of tensors; it "
                    f"returned {type(y).__name__}. Does it end with return?"
                )
        if self._input_shape is None:
            self._input_shape = _shape_of(x)
        self.built = True
        self._output_shape = output_shape
        return y

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape of the output for an input of `input_shape`, found by a symbolic call.

        Parameters
        ----------
        input_shape : tuple
            (None, ...), or with a batch size; a list of them for a layer with several inputs.
        """
        several = isinstance(input_shape, list)
        shapes = input_shape if several else [input_shape]
        with tracing(Trace()):
            x = [make_input((2, *known_sizes(shape[1:], self.name)), self.dtype) for shape in shapes]
            y = self(x if several else x[0])
        return (shapes[0][0], *y.shape[1:])

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer, with name and trainability as they are now."""
        config = super().get_config()
        for key, value in config.items():
            part = getattr(self, key, None)
            if isinstance(value, str) and (isinstance(part, Configurable) or callable(part)):
                config[key] = part  # what the name meant: a saved model knows whose part it is
        if self._accepts("name"):
            config["name"] = self.name
        if self._accepts("trainable"):
            config["trainable"] = self.trainable
        return config

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"

    # -- inside -------------------------------------------------------------------------------------------------

    @classmethod
    def _accepts(cls, argument: str) -> bool:
        """Whether the constructor takes `argument`, itself or through ``**kwargs``."""
        parameters = cls.signature().parameters
        return argument in parameters or any(item.kind is item.VAR_KEYWORD for item in parameters.values())

    def _root_path(self) -> str:
        """The path of a layer that is called from outside any other."""
        return self.name

    def _received(self, x: Any) -> Any:
        """The input as a tensor or array of the layer's dtype."""
        if isinstance(x, dict):
            return {key: self._received(item) for key, item in x.items()}
        if isinstance(x, (list, tuple)) and x and all(isinstance(item, _ARRAYS) for item in x):
            return [self._received(item) for item in x]
        x = as_operand(x)
        if x.ndim == 0:
            raise ShapeError(f"{self.title} expects input (batch, ...); received a single number.")
        return ops.cast(x, self.dtype) if self.casts_input and x.dtype != self.dtype else x

    def _build_for(self, x: Any) -> None:
        """Build the layer for input like `x` unless that has been done."""
        if not self.built:
            with untraced():  # what build makes outlives the step; a model of symbols may be made there too
                self.build(_shape_of(x))

    def __getstate__(self) -> dict[str, Any]:
        """What a copy, or a pickle, is made of: not its number, and not the symbols and models around this one."""
        return {name: value for name, value in vars(self).items() if name not in ("_outputs", "_number", "_models")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of another layer."""
        vars(self).update({"_outputs": None, "_number": next(self._numbers), "_models": weakref.WeakSet(), **state})


def _shape_of(x: Any) -> Any:
    """The shape that build() receives: batch axis unknown; a list of them for a list of tensors."""
    return _mapped(x, _batch_shape)


def _batch_shape(x: Any) -> Shape:
    """A shape whose batch axis is not known."""
    return (None, *x.shape[1:])


def _mapped(x: Any, change: Callable[[Any], Any]) -> Any:
    """A tensor, or the tensors in a list, tuple or dict, changed; None where there is something else."""
    if isinstance(x, dict):
        named = {key: _mapped(item, change) for key, item in x.items()}
        return named if named and all(item is not None for item in named.values()) else None
    if isinstance(x, (list, tuple)):
        listed = [_mapped(item, change) for item in x]
        return listed if listed and all(item is not None for item in listed) else None
    return change(x) if hasattr(x, "shape") else None


def _noting(build: Callable[..., None]) -> Callable[..., None]:
    """`build`, after which the layer is built for that shape."""

    @functools.wraps(build)
    def noting(self: Layer, input_shape: Any) -> None:
        build(self, input_shape)
        several = isinstance(input_shape, dict) or any(isinstance(size, (list, tuple)) for size in input_shape)
        self._input_shape = input_shape if several else tuple(input_shape)
        self.built = True

    return noting


def _takes_training(layer: type) -> bool:
    """Whether the layer's call takes ``training``."""
    parameters = inspect.signature(layer.call).parameters  # type: ignore[attr-defined]
    return "training" in parameters or any(item.kind is item.VAR_KEYWORD for item in parameters.values())
