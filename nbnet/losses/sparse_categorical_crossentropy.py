"""Sparse categorical cross-entropy: targets are class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError, ShapeError
from nbnet.graph import ops
from nbnet.graph.ops.axes import one_axis
from nbnet.graph.tensor import as_operand
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import clipped, logits_of
from nbnet.losses.loss import Loss, floats

__all__ = ["SparseCategoricalCrossentropy", "class_numbers"]


def class_numbers(y_true: Any, y_pred: Any, name: str) -> Any:
    """Targets as integers of the shape of the predictions without the axis of classes.

    Raises
    ------
    ShapeError
        When they have another shape.
    """
    y_true = as_operand(y_true)
    wanted = y_pred.shape[:-1]
    if y_true.shape not in (wanted, (*wanted, 1)):
        if y_true.shape == y_pred.shape:
            remedy = "Such rows are one-hot targets: use 'categorical_crossentropy'."
        elif y_true.shape == wanted[:1]:
            remedy = "For one class number a sample put a Flatten before the last layer."
        else:
            remedy = "Change the last layer or the targets."
        raise ShapeError(
            f"{name} expects one class number for each prediction, shape {wanted}; received targets of shape "
            f"{y_true.shape} for predictions of shape {y_pred.shape}. {remedy}"
        )
    y_true = y_true if y_true.dtype.kind in "iu" else ops.cast(y_true, "int32")
    return y_true if y_true.shape == wanted else ops.reshape(y_true, wanted)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of one class among several; targets are the numbers of the classes.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits z; else they are probabilities p = softmax(z). Behind a softmax it is
        computed from z in either case.
    ignore_class : int, optional
        A label whose samples do not count, such as -1 or 255 for what has no label: their values are 0, and means
        are taken over the others.
    reduction : str or None
        As for :class:`nbnet.losses.Loss`.
    axis : int
        Where the classes lie.
    name : str, optional

    Notes
    -----
    -ln p[y] = logsumexp(z) - z[y]. Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each sample."""
        labels, scores, from_logits = self._prepared(y_true, y_pred)
        chosen = ops.one_hot(labels, scores.shape[-1], scores.dtype)
        if from_logits:
            values = ops.logsumexp(scores, axis=-1) - ops.sum(chosen * scores, axis=-1)
        else:
            p = clipped(scores / ops.sum(scores, axis=-1, keepdims=True))
            values = -ops.sum(chosen * ops.log(p), axis=-1)
        return values if self.ignore_class is None else ops.where(self._counted(labels), values, 0)

    def counted(self, y_true: Any, y_pred: Any) -> Any:
        """Where the label is not `ignore_class`; None without one."""
        return None if self.ignore_class is None else self._counted(self._prepared(y_true, y_pred)[0])

    def _counted(self, labels: Any) -> Any:
        return ops.cast(labels, "int64") != self.ignore_class

    def _prepared(self, y_true: Any, y_pred: Any) -> tuple[Any, Any, bool]:
        """Class numbers, and logits or probabilities with the classes last, and whether they are logits."""
        y_true, y_pred = as_operand(y_true), floats(y_pred)
        axis = one_axis(f"The loss '{self.name}'", self.axis, y_pred.ndim)
        logits = y_pred if self.from_logits else logits_of(y_pred, "softmax", axis)
        scores = y_pred if logits is None else logits
        if axis != y_pred.ndim - 1:
            order = [*(item for item in range(y_pred.ndim) if item != axis), axis]
            scores = ops.transpose(scores, order)
            y_true = ops.transpose(y_true, order) if y_true.ndim == y_pred.ndim else y_true
        return class_numbers(y_true, scores, f"The loss '{self.name}'"), scores, logits is not None

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are whole numbers in [0, classes), or `ignore_class`."""
        shape = (y_true.shape[0], *output_shape[1:])
        axis = one_axis(f"The loss '{self.name}'", self.axis, len(shape))
        outputs = np.moveaxis(np.broadcast_to(np.zeros((), "bool"), [size or 0 for size in shape]), axis, -1)
        targets = np.moveaxis(y_true, axis, -1) if y_true.ndim == outputs.ndim else y_true
        class_numbers(targets, outputs, f"The loss '{self.name}'")
        classes = outputs.shape[-1]
        wrong = (y_true < 0) | (y_true >= classes) | (y_true != np.floor(y_true))
        if self.ignore_class is not None:
            wrong &= y_true != self.ignore_class
        bad = np.flatnonzero(wrong)
        if bad.size == 0:
            return
        low, high = y_true.min(), y_true.max()
        if low == 1 and high == classes:
            remedy = "Labels that start at 1 become class numbers by subtracting 1."
        elif not (y_true == np.floor(y_true)).all():
            remedy = "Labels are whole numbers; for targets of any value use a loss such as 'mse'."
        elif low < 0:
            remedy = "Labels count from 0; correct those below it."
        else:
            remedy = f"Give the last layer {int(high) + 1} units, or correct the labels."
        raise DataError(
            f"The loss '{self.name}' expects labels from 0 to {classes - 1}, since the model has {classes} outputs; "
            f"received {y_true.flat[bad[0]]} at y[{np.unravel_index(bad[0], y_true.shape)[0]}] ({bad.size} such in "
            f"all). {remedy}"
        )


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``sparse_categorical_crossentropy``."""
    register("sparse_categorical_crossentropy", SparseCategoricalCrossentropy)
