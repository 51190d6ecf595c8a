"""What holds weights: names, trainability, dtype, and the variables of a layer and of the layers inside it."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from nbnet import constraints, initializers, regularizers
from nbnet.arguments import named_arguments
from nbnet.configurable import Configurable, snake_case
from nbnet.errors import NotBuiltError, ShapeError
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import Variable, active_trace
from nbnet.graph.trace import caller
from nbnet.layers.calls import call_of
from nbnet.layers.members import members, unique
from nbnet.layers.restoring import blank
from nbnet.layers.shapes import positive_sizes, require_memory

__all__ = ["Weighted"]


class Weighted(Configurable):
    """What holds weights; the part of a layer that does not depend on how it is called."""

    _changes: ClassVar[int] = 0  # how often layers were frozen or set anywhere: what models learned before may be stale
    _numbers: ClassVar[Iterator[int]] = itertools.count()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before, or without, calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made._made = caller()
        made._number = next(Weighted._numbers)
        made._name = None
        made._name_is_given = True
        made._models = weakref.WeakSet()
        made._trainable = True
        made._dtype = np.dtype("float32")
        made._added = []
        made.built = False
        return made

    _made: tuple[str, int]
    _number: int
    _name: str | None
    _name_is_given: bool  # by the user; False where a model has made one
    _models: weakref.WeakSet[Any]  # that name this layer
    _trainable: bool
    _dtype: np.dtype
    _added: list[Variable]
    built: bool

    @property
    def name(self) -> str:
        """The name for messages, plans and checkpoints."""
        return self._name or snake_case(type(self).__name__)

    @name.setter
    def name(self, name: str) -> None:
        self._name, self._name_is_given = name, True

    def take_name(self, name: str) -> None:
        """Take a name that a model makes; the weights that have the old one in theirs are called after it too."""
        before = f"{self.name}/"
        for weight in self.weights:
            if weight.name.startswith(before):
                weight.name = f"{name}/{weight.name.removeprefix(before)}"
        self._name, self._name_is_given = name, False

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for the layers inside too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        Weighted._changes += 1
        for _, child in self._children():
            child.trainable = value

    @property
    def dtype(self) -> np.dtype:
        """The dtype in which the layer computes."""
        return self._dtype

    @property
    def weights(self) -> list[Variable]:
        """All variables, those of the layers inside last."""
        return unique([weight for layer in self._walk() for weight in layer._own()])

    @property
    def trainable_weights(self) -> list[Variable]:
        """The variables that training changes."""
        layers = self._walk(trainable=True)
        return unique([weight for layer in layers for weight in layer._own() if weight.trainable])

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

    # -- inside -------------------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; where layers or weights come in, or go, steps of the models around this one are stale."""
        before = self.__dict__.get(name)
        object.__setattr__(self, name, value)
        if not isinstance(value, _HOLDERS) and not isinstance(before, _HOLDERS):  # a counter, which each step sets
            return
        if before is not value and members({"": before}, (Weighted, Variable)):
            self._renew()
        elif members({"": value}, Weighted):
            Weighted._changes += 1

    def _renew(self) -> None:
        """Take a new number, as what is inside may look the same and be something else."""
        vars(self)["_number"] = next(Weighted._numbers)
        Weighted._changes += 1

    @property
    def title(self) -> str:
        """Class and name, for messages."""
        return f"{type(self).__name__} '{self.name}'"

    def _own(self) -> list[Variable]:
        """Variables made by add_weight, then those set as attributes."""
        return unique([*self._added, *(item for _, item in members(vars(self), Variable))])

    def _children(self) -> list[tuple[str, Any]]:
        """Layers set as attributes, alone or in lists and dicts, each with a name made of the attribute's."""
        return members(vars(self), Weighted)

    def _walk(self, trainable: bool = False) -> list[Any]:
        """The layer and all layers inside, each once, in the order of their weights; or those that are `trainable`."""
        found: dict[int, Any] = {}
        waiting: list[Any] = [self]
        while waiting:
            layer = waiting.pop()
            if id(layer) not in found and (layer.trainable or not trainable):
                found[id(layer)] = layer
                waiting.extend(child for _, child in reversed(layer._children()))
        return list(found.values())


_HOLDERS = (Weighted, Variable, list, tuple, dict)
"""What an attribute must be for layers or weights to be in it."""
