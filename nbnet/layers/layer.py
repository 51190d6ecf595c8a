"""The base of layers: weights, the call that records them in a graph, and their place in a model."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from nbnet import constraints, initializers, regularizers
from nbnet.arguments import named_arguments, refuse_unknown
from nbnet.configurable import Configurable, snake_case
from nbnet.errors import ArgumentError, DTypeError, NotBuiltError, ShapeError
from nbnet.graph import ops
from nbnet.graph.dtypes import as_dtype
from nbnet.graph.graph import make_input
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import Tensor, Variable, active_trace, as_operand
from nbnet.graph.trace import Trace, caller, marks_scope, tracing
from nbnet.layers.calls import call_of, entered, located
from nbnet.layers.members import members, unique
from nbnet.layers.restoring import blank
from nbnet.layers.shapes import Shape, known_sizes, positive_sizes, require_memory

__all__ = ["Layer"]


class Layer(Configurable):
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

    _freezings: ClassVar[int] = 0  # how often trainability was set anywhere: what models learned before may be stale
    casts_input = True  # whether input is cast to the layer's dtype; a layer that takes indices says False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before, or without, calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made._made = caller()
        made._name = None
        made._trainable = True
        made._dtype = np.dtype("float32")
        made._added = []
        made._input_shape = None
        made._output_shape = None
        made.built = False
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let every ``build`` note that the layer is built, also when a user calls it."""
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _noting(cls.__dict__["build"])  # type: ignore[method-assign]

    _made: tuple[str, int]
    _name: str | None
    _trainable: bool
    _dtype: np.dtype
    _added: list[Variable]
    _input_shape: Shape | None
    _output_shape: Shape | None
    built: bool

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
    def name(self) -> str:
        """The name for messages, plans and checkpoints."""
        return self._name or snake_case(type(self).__name__)

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for the layers inside too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        Layer._freezings += 1
        for _, child in self._children():
            child.trainable = value

    @property
    def dtype(self) -> np.dtype:
        """The dtype in which the layer computes."""
        return self._dtype

    @property
    def input_shape(self) -> Shape | None:
        """(None, ...): known once the layer is built, or from ``input_shape=``."""
        if self._input_shape is None and self._sample_shape is not None:
            return (None, *self._sample_shape)
        return self._input_shape

    @property
    def output_shape(self) -> Shape | None:
        """(None, ...): known once the layer has been called."""
        return self._output_shape

    @property
    def weights(self) -> list[Variable]:
        """All variables, those of the layers inside last."""
        return unique([*self._own(), *(weight for _, child in self._children() for weight in child.weights)])

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables that training changes."""
        if not self.trainable:
            return []
        own = [weight for weight in self._own() if weight.trainable]
        return unique([*own, *(weight for _, child in self._children() for weight in child.trainable_weights)])

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other variables: frozen weights and moving averages."""
        trainable = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in trainable]

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(weight.size for weight in self.weights)

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in the order of :attr:`weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights.

        Parameters
        ----------
        weights : sequence of array_like
            As :meth:`get_weights` returns them.

        Raises
        ------
        NotBuiltError
            Before the weights exist.
        ShapeError
            When number or shapes differ; then nothing is set.
        """
        own = self.weights
        if not self.built:
            raise NotBuiltError(
                f"'{self.name}' has no weights yet; give input_shape= to the first layer, or fit it first."
            )
        if len(own) != len(weights):
            raise ShapeError(f"'{self.name}' has {len(own)} weights; received {len(weights)} arrays.")
        arrays = [np.asarray(value) for value in weights]
        for variable, value in zip(own, arrays, strict=True):
            if value.shape != variable.shape:
                raise ShapeError(
                    f"Weight '{variable.name}' has shape {variable.shape}; received an array of shape {value.shape}."
                )
        for variable, value in zip(own, arrays, strict=True):
            variable.assign(value)

    @named_arguments
    def add_weight(
        self,
        shape: Sequence[int],
        initializer: Any = "glorot_uniform",
        name: str = "weight",
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variable:
        """Make a variable of the layer's dtype; for use in :meth:`build`.

        Parameters
        ----------
        shape : tuple of int
        initializer : str or Initializer
        name : str
        trainable : bool
        regularizer : str or Regularizer, optional
            The penalty that training adds to the loss.
        constraint : str or Constraint, optional
            What the weight becomes after each update.

        Returns
        -------
        Variable
        """
        frame = call_of(self)
        path, position = (frame.path, frame.position) if frame else (self.name, 0)
        draw = initializers.Draw(get_seed(), position, len(self._added))
        sizes = positive_sizes(shape, f"{type(self).__name__}.add_weight")
        value = blank(sizes, self.dtype)
        if value is None:
            require_memory(sizes, self.dtype, f"{self.title} makes the weight '{name}'")
            value = initializers.get(initializer)(sizes, self.dtype, draw)
        variable = Variable(value, self.dtype, f"{path}/{name}" if path else name, trainable, copy=False)
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._added.append(variable)
        return variable

    def add_loss(self, value: Any) -> None:
        """Add to the loss of the step that is being traced; for use in :meth:`call`.

        Parameters
        ----------
        value : Tensor, shape ()
        """
        trace = active_trace()
        if getattr(value, "shape", ()) != ():
            raise ShapeError(f"{self.title}.add_loss expects one number; received shape {tuple(value.shape)}.")
        if trace is not None:
            trace.losses.append(value)

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
                f"{self.title} is called with arrays or tensors; received a layer. There is no functional API: use "
                "nbnet.Sequential([...]), or a subclass of nbnet.Model with layers as attributes and call(self, x)."
            )
        with entered(self, training) as frame, located(self, x):
            x = self._received(x)
            self._build_for(x)
            if _takes_training(type(self)):
                kwargs["training"] = frame.training
            y = self.call(x, *args, **kwargs)
            if not hasattr(y, "shape"):
                raise ShapeError(
                    f"{self.title} expects its call() to return a tensor; it returned {type(y).__name__}. "
                    "Does it end with return?"
                )
        if self._input_shape is None:
            self._input_shape = _shape_of(x)
        self.built = True
        self._output_shape = (None, *y.shape[1:])
        return y

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the output for an input of `input_shape`, found by a symbolic call.

        Parameters
        ----------
        input_shape : tuple
            (None, ...), or with a batch size.
        """
        with tracing(Trace()):
            y = self(make_input((2, *known_sizes(input_shape[1:], self.name)), self.dtype))
        return (input_shape[0], *y.shape[1:])

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

    @property
    def title(self) -> str:
        """Class and name, for messages."""
        return f"{type(self).__name__} '{self.name}'"

    def _own(self) -> list[Variable]:
        """Variables made by add_weight, then those set as attributes."""
        return unique([*self._added, *(item for _, item in members(vars(self), Variable))])

    def _children(self) -> list[tuple[str, Layer]]:
        """Layers set as attributes, alone or in lists and dicts, each with a name made of the attribute's."""
        return members(vars(self), Layer)

    def _root_path(self) -> str:
        """The path of a layer that is called from outside any other."""
        return self.name

    def _received(self, x: Any) -> Any:
        """The input as a tensor or array of the layer's dtype."""
        if isinstance(x, (list, tuple)) and any(isinstance(item, (Tensor, Variable)) for item in x):
            return [self._received(item) for item in x]
        x = as_operand(x)
        if x.ndim == 0:
            raise ShapeError(f"{self.title} expects input (batch, ...); received a single number.")
        return ops.cast(x, self.dtype) if self.casts_input and x.dtype != self.dtype else x

    def _build_for(self, x: Any) -> None:
        """Build the layer for input like `x` unless that has been done."""
        if not self.built:
            self.build(_shape_of(x))


def _shape_of(x: Any) -> Any:
    """The shape that build() receives: batch axis unknown; a list of them for a list of tensors."""
    return [(None, *item.shape[1:]) for item in x] if isinstance(x, list) else (None, *x.shape[1:])


def _noting(build: Callable[..., None]) -> Callable[..., None]:
    """`build`, after which the layer is built for that shape."""

    @functools.wraps(build)
    def noting(self: Layer, input_shape: Any) -> None:
        build(self, input_shape)
        self._input_shape = tuple(input_shape)
        self.built = True

    return noting


def _takes_training(layer: type) -> bool:
    """Whether the layer's call takes ``training``."""
    parameters = inspect.signature(layer.call).parameters  # type: ignore[attr-defined]
    return "training" in parameters or any(item.kind is item.VAR_KEYWORD for item in parameters.values())
