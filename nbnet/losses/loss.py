"""The base of losses, losses made of a function, and weighted sums of losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.configurable import Configurable
from nbnet.errors import ArgumentError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import as_operand
from nbnet.losses.reduction import as_reduction, reduced

__all__ = ["FunctionLoss", "Loss", "WeightedSum", "aligned", "floats", "require_same_shape", "returned"]


def floats(y_pred: Any) -> Any:
    """A prediction as a floating-point tensor or array."""
    y_pred = as_operand(y_pred)
    return y_pred if y_pred.dtype.kind == "f" else ops.cast(y_pred, "float32")


def aligned(y_true: Any, y_pred: Any, name: str, noun: str = "loss") -> tuple[Any, Any]:
    """Targets and predictions of one shape and one floating-point dtype, for the loss or metric of that name.

    Targets of shape (N,) beside predictions of shape (N, 1), or the other way round, are reshaped: subtracting
    them as they are would give N x N numbers.

    Raises
    ------
    ShapeError
        When the shapes differ otherwise.
    """
    y_true, y_pred = as_operand(y_true), floats(y_pred)
    require_same_shape(y_true.shape, y_pred.shape, name, noun)
    y_true = ops.cast(y_true, y_pred.dtype)
    return (y_true if y_true.shape == y_pred.shape else ops.reshape(y_true, y_pred.shape)), y_pred


def returned(value: Any, what: str) -> Any:
    """`value`, which is to be a number for each sample or one for all; an ArgumentError when it is None."""
    if value is None:
        raise ArgumentError(f"{what} returned None in place of a tensor: does it end with return?")
    return value


def require_same_shape(y_true: tuple[int, ...], y_pred: tuple[int, ...], name: str, noun: str = "loss") -> None:
    """Raise a ShapeError unless targets and predictions have one shape, up to a last axis of size 1."""
    fits = y_true == y_pred or (*y_true, 1) == y_pred or y_true == (*y_pred, 1)
    if not fits:
        use = "the loss 'sparse_categorical_crossentropy'" if noun == "loss" else "a metric such as 'accuracy'"
        hint = f" For labels that are class numbers, use {use}."
        sparse = len(y_true) == len(y_pred) - 1 or (len(y_true) == len(y_pred) and y_true[-1:] == (1,))
        raise ShapeError(
            f"The {noun} '{name}' compares targets with predictions of one shape; received targets of shape {y_true} "
            f"and predictions of shape {y_pred}.{hint if sparse else ' Change the last layer or the targets.'}"
        )


class Loss(Configurable):
    """Base of losses: subclasses define :meth:`call`.

    Losses can be scaled and added: ``0.7 * MSE() + 0.3 * MAE()``.

    Parameters
    ----------
    name : str, optional
        For messages; the class name when None.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none"} or None
        How :meth:`__call__` makes one number of what :meth:`call` gives. A subclass that does not call this
        constructor has the default.

    Raises
    ------
    ValueError
        When there is no such reduction.

    Notes
    -----
    With v the values of :meth:`call`, n of them, and w their weights (1 where none are given):
    ``sum_over_batch_size`` and ``mean`` are Σ w v / n, so that weights change the size of the loss;
    ``mean_with_sample_weight`` is Σ w v / Σ w; ``sum`` is Σ w v; ``none`` and None give w v, which cannot be trained
    with. Keras 3 has the same; its Σ w counts a weight that stands for several values once, here it counts for each
    of them, so that equal weights give the mean. PyTorch's ``mean`` is Σ v / n, and Σ w v / Σ w with class weights.
    ``fit`` and ``evaluate`` report the mean over batches by their number of samples; of ``sum``, and of
    ``mean_with_sample_weight`` with weights, it depends on the size of the batches.
    """

    reduction: str = "sum_over_batch_size"
    _name: str | None = None

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size") -> None:
        self._name = name
        self.reduction = as_reduction(reduction, type(self).__name__)

    @property
    def name(self) -> str:
        """The name for messages."""
        return self._name or type(self).__name__

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def on_scores(self) -> bool:
        """Whether predictions are logits or other scores, whose border is 0, and not probabilities."""
        return bool(getattr(self, "from_logits", False))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch.

        Parameters
        ----------
        y_true : Tensor or array_like
            Targets.
        y_pred : Tensor or array_like
            What the model gives for them.
        sample_weight : Tensor or array_like, shape (N,) or that of the values of :meth:`call`, optional
            How much each sample, or each of its values, counts. (N,) goes with the first axis whatever the others
            are; Keras and NumPy would take it for the last.

        Returns
        -------
        Tensor or number, shape ()
            With ``reduction="none"`` of the shape of the values.

        Raises
        ------
        ShapeError
            When targets or weights do not fit.
        """
        what = f"The loss '{self.name}'"
        values = as_operand(returned(self.call(y_true, y_pred), what))
        return reduced(values, sample_weight, self.counted(y_true, y_pred), self.reduction, what)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, of shape (N, ...)."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(y_true, y_pred).")

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Which values of :meth:`call` count, as bools of their shape; None: all."""
        return None

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
        """The sum as it may be written, unless it was given a name."""
        return self._name or " + ".join(f"{weight:g} * {loss.name}" for weight, loss in self.terms)

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The weighted sum of the reduced losses."""
        given = () if sample_weight is None else (sample_weight,)
        total: Any = None
        for weight, loss in self.terms:
            term = weight * loss(y_true, y_pred, *given)
            total = term if total is None else total + term
        return total

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The weighted sum of what the losses give for each sample, as a metric takes it."""
        total: Any = 0.0
        for weight, loss in self.terms:
            total = total + weight * as_operand(returned(loss.call(y_true, y_pred), f"The loss '{loss.name}'"))
        return total

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """As the loss has it, where there is but one; of several all values count."""
        return self.terms[0][1].counted(y_true, y_pred) if len(self.terms) == 1 else None

    @property
    def on_scores(self) -> bool:
        """Whether a loss of the sum takes scores."""
        return any(loss.on_scores for _, loss in self.terms)

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
        The function's own when None.
    reduction : str or None
        As for :class:`Loss`. A function that returns one number for a batch has nothing to reduce or to weigh.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
    ) -> None:
        super().__init__(name or str(getattr(function, "__name__", "loss")), reduction)
        self.function = function

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
