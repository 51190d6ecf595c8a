"""Rosenblatt's perceptron."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.errors import ConvergenceError, DataError, ShapeError
from nbnet.graph import ops
from nbnet.layers.dense import Dense
from nbnet.models.sequential import Sequential
from nbnet.optimizers import SGD

__all__ = ["Perceptron"]


class _StopWithoutMistakes:
    """A listener that ends training after the first epoch without a mistake."""

    def __init__(self) -> None:
        self.converged = False

    def on_epoch_end(self, run: Any, epoch: int, logs: Mapping[str, float]) -> None:
        """The loss is the share of mistakes."""
        if logs["loss"] == 0:
            self.converged = run.stop = True


class Perceptron(Sequential):
    """One neuron with a step activation, trained by the perceptron rule.

    It needs no compile(). Training ends with the first epoch in which it makes no mistake; where no straight line
    separates the two classes, as for XOR, there is none, and it says so.

    Parameters
    ----------
    learning_rate : float > 0
        Without effect on the decisions when the weights begin at zero.
    input_shape : tuple of int, optional
        Shape of one sample, ``(features,)``; taken from the data when None.
    must_converge : bool
        Raise a ConvergenceError where training ends with mistakes.
    name : str, optional

    Attributes
    ----------
    converged_ : bool or None
        Whether the last fit ended without mistakes; None before.
    mistakes_ : int or None
        How many samples are wrong after the last fit.

    Notes
    -----
    For each sample w ← w + η (y - ŷ) x and b ← b + η (y - ŷ), with ŷ = 1 where w·x + b >= 0, else 0. If the classes
    can be separated, the number of mistakes is finite (Novikoff 1962).

    References
    ----------
    Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain".

    Examples
    --------
    >>> model = Perceptron()
    >>> history = model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1], verbose=0)
    >>> model.converged_, model.predict([[0, 1], [1, 1]]).ravel().tolist()
    (True, [0.0, 1.0])
    """

    def __init__(
        self,
        learning_rate: float = 1.0,
        input_shape: Sequence[int] | None = None,
        must_converge: bool = False,
        name: str | None = None,
    ) -> None:
        neuron = Dense(1, activation="step", kernel_initializer="zeros", input_shape=input_shape)
        super().__init__([neuron], name=name)
        self.must_converge = must_converge
        self.converged_: bool | None = None
        self.mistakes_: int | None = None
        self.compile(optimizer=SGD(learning_rate), loss="mae", metrics=["accuracy"])

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> Mapping[str, Any]:
        """The perceptron rule; the loss is the share of mistakes."""
        y_pred = self(x, training=True)
        y = ops.reshape(ops.cast(y, y_pred.dtype), y_pred.shape)
        wrong = y_pred - y
        if sample_weight is not None:
            wrong = wrong * ops.reshape(sample_weight, (-1, 1))
        loss = self.compute_loss(y, y_pred)
        kernel, bias = self.weights
        grads = [ops.matmul(ops.cast(x, y_pred.dtype), wrong, transpose_a=True), ops.sum(wrong, axis=0)]
        self.optimizer.apply(loss, grads, [kernel, bias])
        self.update_metrics(y, y_pred)
        return {"loss": loss}

    def fit(  # type: ignore[override]  # what comes after shuffle is passed on
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | str | None = 1,
        epochs: int = 100,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = False,
        hooks: Sequence[Any] = (),
        **options: Any,
    ) -> Any:
        """Train until an epoch passes without a mistake, at most `epochs` long.

        The parameters are those of :meth:`Model.fit`; by default one sample makes a batch and the order stays.

        Raises
        ------
        DataError
            When targets are not 0 and 1.
        ConvergenceError
            With ``must_converge=True``, when mistakes remain.
        """
        targets = np.asarray(y)
        if y is None or not np.isin(targets, (0, 1)).all():
            raise DataError("A perceptron expects the targets 0 and 1. Convert labels -1 and 1 with (y + 1) / 2.")
        if targets.ndim > 2 or (targets.ndim == 2 and targets.shape[1] != 1):
            raise ShapeError(
                f"A perceptron has one output; received targets of shape {targets.shape}, expected (samples,)."
            )
        stop = _StopWithoutMistakes()
        history = super().fit(
            x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle,
            hooks=[stop, *hooks], **options,
        )  # fmt: skip
        predicted = self.predict(x).ravel()
        self.mistakes_ = int(np.count_nonzero(predicted != targets.ravel()))
        self.converged_ = stop.converged or self.mistakes_ == 0
        done = len(history.epoch)
        if self.converged_:
            text = f"The perceptron converged: no mistakes after {done} epoch{'s' if done != 1 else ''}."
        else:
            text = (
                f"The perceptron did not converge: {self.mistakes_} of {targets.size} samples are wrong after {done} "
                "epochs. Train longer; if that does not help, no straight line separates the classes (as for XOR), "
                "which takes a network with a hidden layer."
            )
        history.converged, history.message = self.converged_, text
        if not self.converged_ and self.must_converge:
            raise ConvergenceError(text)
        if verbose != 0:
            print(text, flush=True)
        return history
