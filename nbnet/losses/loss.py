"""The base of losses, losses made of a function, and weighted sums of losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import as_operand

__all__ = ["FunctionLoss", "Loss", "WeightedSum", "aligned", "floats", "require_same_shape", "returned"]


def floats(y_pred: Any) -> Any:
    """A prediction as a floating-point tensor or array."""
    y_pred = as_operand(y_pred)
    return y_pred if y_pred.dtype.kind == "f" else ops.cast(y_pred, "float32")


def aligned(y_true: Any, y_pred: Any, name: str) -> tuple[Any, Any]:
    """Targets and predictions of one shape and one floating-point dtype.

    Targets of shape (N,) beside predictions of shape (N, 1), or the other way round, are reshaped: subtracting
    them as they are would give N x N numbers.

    Raises
    ------
    ShapeError
        When the shapes differ otherwise.
    """
    y_true, y_pred = as_operand(y_true), floats(y_pred)
    require_same_shape(y_true.shape, y_pred.shape, name)
    y_true = ops.cast(y_true, y_pred.dtype)
    return (y_true if y_true.shape == y_pred.shape else ops.reshape(y_true, y_pred.shape)), y_pred


def returned(value: Any, what: str) -> Any:
    """`value`, which is to be a number for each sample or one for all; an ArgumentError when it is None."""
    if value is None:
        raise ArgumentError(f"{what} returned None in place of a tensor: does it end with return?")
    return value


def require_same_shape(y_true: tuple[int, ...], y_pred: tuple[int, ...], name: str) -> None:
    """Raise a ShapeError unless targets and predictions have one shape, up to a last axis of size 1."""
    fits = y_true == y_pred or (*y_true, 1) == y_pred or y_true == (*y_pred, 1)
    if not fits:
        hint = " For labels that are class numbers, use the loss 'sparse_categorical_crossentropy'."
        sparse = len(y_true) == len(y_pred) - 1 or (len(y_true) == len(y_pred) and y_true[-1:] == (1,))
        raise ShapeError(
            f"The loss '{name}' compares targets with predictions of one shape; received targets of shape {y_true} and "
            f"predictions of shape {y_pred}.{hint if sparse else ' Change the last layer or the targets.'}"
        )


class Loss(Configurable):
    """Base of losses: subclasses define :meth:`call`.

    A loss is reduced as Keras 3 does by default (``sum_over_batch_size``): the mean of what :meth:`call` returns.
    Losses can be scaled and added: ``0.7 * MSE() + 0.3 * MAE()``.
    """

    @property
    def name(self) -> str:
        """The name for messages."""
        return type(self).__name__

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of a batch.

        Parameters
        ----------
        y_true : Tensor or array_like
            Targets.
        y_pred : Tensor or array_like
            What the model gives for them.

        Returns
        -------
        Tensor or number, shape ()
        """
        return ops.mean(returned(self.call(y_true, y_pred), f"The loss '{self.name}'"))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, of whose elements the mean is taken."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(y_true, y_pred).")

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Look at all targets once before training.

        Parameters
        ----------
        y_true : ndarray, shape (samples, ...)
        output_shape : tuple
            What the model gives: (None, ...).

        Raises
        ------
        DataError
            When a target is out of its range; the message says which.
        ShapeError
            When targets do not fit the model's output.
        """
        require_same_shape(y_true.shape, (y_true.shape[0], *output_shape[1:]), self.name)  # type: ignore[arg-type]

    def __mul__(self, weight: Any) -> Loss:
        if not isinstance(weight, (int, float)):
            return NotImplemented
        return WeightedSum([(float(weight), self)])

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Loss:
        if not isinstance(other, Loss):
            return NotImplemented
        return WeightedSum([*_terms(self), *_terms(other)])

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _terms(loss: Loss) -> list[tuple[float, Loss]]:
    """A loss as the terms of a sum."""
    return list(loss.terms) if isinstance(loss, WeightedSum) else [(1.0, loss)]


class WeightedSum(Loss):
    """Σ weight · loss, what ``0.7 * MSE() + 0.3 * MAE()`` makes.

    Parameters
    ----------
    terms : sequence of (float, Loss)
    """

    def __init__(self, terms: Sequence[tuple[float, Loss]]) -> None:
        self.terms = [(float(weight), loss) for weight, loss in terms]

    @property
    def name(self) -> str:
        """The sum as it may be written."""
        return " + ".join(f"{weight:g} * {loss.name}" for weight, loss in self.terms)

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        """The weighted sum of the reduced losses."""
        total: Any = None
        for weight, loss in self.terms:
            term = weight * loss(y_true, y_pred)
            total = term if total is None else total + term
        return total

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Each loss looks at the targets."""
        for _, loss in self.terms:
            loss.check(y_true, output_shape)

    def __mul__(self, weight: Any) -> Loss:
        if not isinstance(weight, (int, float)):
            return NotImplemented
        return WeightedSum([(float(weight) * own, loss) for own, loss in self.terms])

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return self.name


class FunctionLoss(Loss):
    """A loss made of any function of (y_true, y_pred) over ops.

    Parameters
    ----------
    function : callable
        Returns the loss, or one for each sample; its mean is taken. Targets come in the shape of the
        predictions where only a last axis of size 1 differs, and float targets in the predictions' dtype.
    name : str, optional
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        self.function = function
        self._name: str = name or str(getattr(function, "__name__", "loss"))

    @property
    def name(self) -> str:
        """The name it was registered or defined under."""
        return self._name

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What the function returns."""
        y_true, y_pred = as_operand(y_true), as_operand(y_pred)
        if y_true.dtype.kind == "f" and y_pred.dtype.kind == "f":
            y_true = ops.cast(y_true, y_pred.dtype)
        if (*y_true.shape, 1) == y_pred.shape or y_true.shape == (*y_pred.shape, 1):
            y_true = ops.reshape(y_true, y_pred.shape)
        return self.function(y_true, y_pred)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """The function alone knows what its targets are."""

    def __repr__(self) -> str:
        return f"FunctionLoss({self.name})"
