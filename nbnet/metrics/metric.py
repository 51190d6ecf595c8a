"""The base of metrics, and metrics that are means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nbnet.configurable import Configurable, snake_case
from nbnet.graph import ops
from nbnet.graph.tensor import Variable, as_operand
from nbnet.losses.loss import FunctionLoss, returned

__all__ = ["FunctionMetric", "Mean", "MeanMetric", "Metric"]


class Metric(Configurable):
    """Base of metrics: state that :meth:`update` adds to inside the step and :meth:`result` reads.

    Parameters
    ----------
    name : str, optional
        The name in logs; made of the class name when None.
    """

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
        """A state variable that begins at zero.

        Sums over an epoch are kept in float64 or int64: a float32 cannot count beyond 2 ** 24.
        """
        state = Variable(np.zeros(shape, dtype), name=f"metric/{name}", trainable=False)
        self.variables.append(state)
        return state

    def update(self, y_true: Any, y_pred: Any) -> None:
        """Add a batch.

        Parameters
        ----------
        y_true, y_pred : Tensor or array_like
        """
        raise NotImplementedError(f"{type(self).__name__} defines no update(y_true, y_pred).")

    def result(self) -> float:
        """The value over all batches since the last reset; NaN before the first."""
        raise NotImplementedError(f"{type(self).__name__} defines no result().")

    def reset(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.storage[...] = 0

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

    def add(self, value: Any, samples: int) -> None:
        """Add a mean `value` of `samples` samples."""
        self.add_sum(ops.cast(as_operand(value), "float64") * samples, samples)

    def add_sum(self, total: Any, samples: int) -> None:
        """Add a sum over `samples` samples."""
        self.total.assign(self.total + ops.cast(as_operand(total), "float64"))
        self.count.assign(self.count + samples)

    def result(self) -> float:
        """The weighted mean."""
        count = int(self.count.storage)
        return float(self.total.storage) / count if count else float("nan")


class MeanMetric(Mean):
    """Base of metrics that are the mean of a value of each sample: subclasses define :meth:`values`.

    Parameters
    ----------
    name : str, optional
    """

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """A value for each sample; of bools the share that is true is the result."""
        raise NotImplementedError(f"{type(self).__name__} defines no values(y_true, y_pred).")

    def update(self, y_true: Any, y_pred: Any) -> None:
        """Add the values of a batch."""
        values = as_operand(self.values(y_true, y_pred))
        self.add_sum(ops.sum(values), int(np.prod(values.shape, dtype=np.int64)))


class FunctionMetric(MeanMetric):
    """The mean of any function of (y_true, y_pred) over ops.

    Parameters
    ----------
    function : callable
        Returns a number, or one for each sample.
    name : str, optional
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        super().__init__(name or getattr(function, "__name__", "metric"))
        self.function = function
        self._aligned = FunctionLoss(function, self.name)

    def values(self, y_true: Any, y_pred: Any) -> Any:
        """What the function returns; one number stands for every sample of the batch."""
        values = as_operand(returned(self._aligned.call(y_true, y_pred), f"The metric '{self.name}'"))
        return values if values.shape else ops.broadcast_to(values, (y_pred.shape[0],))
