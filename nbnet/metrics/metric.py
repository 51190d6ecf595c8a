"""The base of metrics, and metrics that are means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from nbnet.configurable import Configurable, snake_case
from nbnet.graph import ops
from nbnet.graph.tensor import Variable, as_operand
from nbnet.losses.loss import FunctionLoss, Loss, returned
from nbnet.losses.reduction import weights_for

__all__ = ["FunctionMetric", "LossMetric", "Mean", "MeanMetric", "Metric"]


class Metric(Configurable):
    """Base of metrics: state that :meth:`update` adds to inside the step and :meth:`result` reads.

    Parameters
    ----------
    name : str, optional
        The name in logs; made of the class name when None.

    Attributes
    ----------
    by_name : mapping of str to object
        Of a class: the arguments of the object that its registered name stands for.
    """

    by_name: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the list of state here, so that a subclass may add state in its constructor at any point."""
        made = super().__new__(cls, *args, **kwargs)
        made.variables = []
        return made

    name: str
    variables: list[Variable]

    def add_state(self, name: str, shape: tuple[int, ...] = (), dtype: Any = "float64") -> Variable:
        """A state variable that begins at zero; it may be made when the first batch tells its shape.

        Sums over an epoch are kept in float64 or int64: a float32 cannot count beyond 2 ** 24.
        """
        state = Variable(np.zeros(shape, dtype), name=f"metric/{name}", trainable=False)
        self.variables.append(state)
        return state

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Parameters
        ----------
        y_true, y_pred : Tensor or array_like
        sample_weight : Tensor or array_like, shape (N,), optional
            How much each sample counts. It is given only where there are weights, so a metric that knows none may
            leave it out.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update(y_true, y_pred, sample_weight=None).")

    def result(self) -> Any:
        """The value over all batches since the last reset; NaN before the first.

        Returns
        -------
        float or ndarray
            An array has no place in a line of progress; ``evaluate(return_dict=True)`` and the history hold it.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no result().")

    def reset(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.storage[...] = 0

    def for_scores(self) -> Metric:
        """What to take in its place where predictions are logits or a hinge's scores and not probabilities."""
        return self

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the name as it is now."""
        config = super().get_config()
        return {**config, "name": self.name} if "name" in config else config

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


class Mean(Metric):
    """A mean of numbers, each weighted by how many samples it stands for.

    Parameters
    ----------
    name : str, optional
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.total = self.add_state("total")
        self.count = self.add_state("count", dtype="int64")
        self.weight: Variable | None = None  # Σ of weights, made where there are some

    def add(self, value: Any, samples: int) -> None:
        """Add a mean `value` of `samples` samples."""
        self.add_sum(ops.cast(as_operand(value), "float64") * samples, samples)

    def add_sum(self, total: Any, samples: int) -> None:
        """Add a sum over `samples` samples."""
        self.total.assign(self.total + ops.cast(as_operand(total), "float64"))
        self.count.assign(self.count + samples)

    def add_weighted(self, values: Any, weights: Any) -> None:
        """Add float64 values, each as often as its weight says; `weights` multiply with them."""
        if self.weight is None:
            self.weight = self.add_state("weight")
        self.total.assign(self.total + ops.sum(values * weights))
        self.weight.assign(self.weight + ops.sum(ops.broadcast_to(weights, values.shape)))

    def result(self) -> Any:
        """The weighted mean."""
        count = int(self.count.storage) + (0.0 if self.weight is None else float(self.weight.storage))
        return float(self.total.storage) / count if count else float("nan")


class MeanMetric(Mean):
    """Base of metrics that are the mean of a value of each sample: subclasses define :meth:`values`.

    With weights w of the values v it is Σ w v / Σ w.

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """A value for each sample; of bools the share that is true is the result."""
        raise NotImplementedError(f"{type(self).__name__} defines no values(y_true, y_pred).")

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Which of the values count, as bools of their shape; None: all."""
        return None

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the values of a batch."""
        values, counted = as_operand(self.values(y_true, y_pred)), self.counted(y_true, y_pred)
        if sample_weight is None and counted is None:
            self.add_sum(ops.sum(values), int(np.prod(values.shape, dtype=np.int64)))
            return
        values = ops.cast(values, "float64")
        weights: Any = 1.0 if counted is None else ops.cast(counted, "float64")
        if sample_weight is not None:
            weights = weights_for(sample_weight, values, f"The metric '{self.name}'") * weights
        self.add_weighted(values, weights)


class LossMetric(MeanMetric):
    """The mean of a loss over samples; its reduction does not count.

    Parameters
    ----------
    loss : Loss
    name : str, optional
    """

    def __init__(self, loss: Loss, name: str | None = None) -> None:
        super().__init__(name)
        self.loss = loss

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample."""
        return returned(self.loss.call(y_true, y_pred), f"The metric '{self.name}'")

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Which samples the loss counts."""
        return self.loss.counted(y_true, y_pred)


class FunctionMetric(MeanMetric):
    """The mean of any function of (y_true, y_pred) over ops, or of a loss.

    Parameters
    ----------
    function : callable or Loss
        Returns a number, or one for each sample.
    name : str, optional
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        super().__init__(name or getattr(function, "__name__", None) or snake_case(type(function).__name__))
        self.function = function
        self._loss = function if isinstance(function, Loss) else FunctionLoss(function, self.name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """What the function returns; one number stands for every sample of the batch."""
        values = as_operand(returned(self._loss.call(y_true, y_pred), f"The metric '{self.name}'"))
        return values if values.shape else ops.broadcast_to(values, (y_pred.shape[0],))

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Which samples a loss counts."""
        return self._loss.counted(y_true, y_pred)
