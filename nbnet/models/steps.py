"""How a model is trained, one step at a time: compile(), train_step and what it is made of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from nbnet import losses, metrics, optimizers
from nbnet.arguments import named_arguments
from nbnet.errors import ArgumentError, NotBuiltError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import active_trace
from nbnet.graph.trace import part_scope
from nbnet.layers.layer import Layer
from nbnet.runtime.function import Function

__all__ = ["Trainable"]


class Trainable(Layer):
    """A layer that can be compiled and trained step by step; the base of :class:`Model`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made.compiled = False
        made.run_eagerly = False
        made.optimizer = None
        made.loss = None
        made.steps = 0
        made._metrics = []
        made._trackers = {}
        made._functions = {}
        made._frozen = None
        return made

    compiled: bool
    run_eagerly: bool
    optimizer: Any
    loss: losses.Loss | None
    steps: int
    _metrics: list[metrics.Metric]
    _trackers: dict[str, metrics.Mean]
    _functions: dict[str, Function]
    _frozen: tuple[int, str] | None

    @named_arguments
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Iterable[Any] | None = None,
        run_eagerly: bool = False,
    ) -> None:
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
        loss : str, Loss, callable of (y_true, y_pred), or None
            None where ``train_step`` is overridden and needs none.
        metrics : iterable of str, Metric or callable, optional
            ``"accuracy"`` is the accuracy that fits the shapes; behind a hinge loss or logits it has its threshold
            at 0.
        run_eagerly : bool
            Run each step op by op through the references, so that print and pdb show numbers. Slow.

        Raises
        ------
        UnknownNameError
            When a name is not registered.
        """
        for name in ("train_step", "test_step"):
            _require_step(self, name)
        found = optimizers.get(optimizer), None if loss is None else losses.get(loss)
        listed = [metrics] if isinstance(metrics, str) else list(metrics or ())
        self._metrics = [_metric(item, found[1]) for item in listed]
        self.optimizer, self.loss = found  # only now: an unknown name leaves everything as it was
        self._trackers = {}
        self._functions = {}
        self.run_eagerly = run_eagerly
        self.compiled = True

    def train_step(self, x: Any, y: Any) -> Mapping[str, Any] | None:
        """One training step over ops; override it to train in another way.

        The default uses nothing that an override could not::

            y_pred = self(x, training=True)
            loss = self.compute_loss(y, y_pred)
            weights = self.trainable_weights
            self.optimizer.apply(loss, nbnet.gradients(loss, weights), weights)
            self.update_metrics(y, y_pred)
            return {"loss": loss}

        Parameters
        ----------
        x : Tensor, shape (batch, ...)
        y : Tensor, shape (batch, ...), or None

        Returns
        -------
        mapping of str to Tensor of shape (), or None
            What to report; the mean over the samples of an epoch is shown.
        """
        y_pred = self(x, training=True)
        loss = self.compute_loss(y, y_pred)
        weights = self.trainable_weights
        self.optimizer.apply(loss, gradients(loss, weights), weights)
        self.update_metrics(y, y_pred)
        return {"loss": loss}

    def test_step(self, x: Any, y: Any) -> Mapping[str, Any] | None:
        """One step of :meth:`evaluate`; may be overridden like :meth:`train_step`."""
        y_pred = self(x, training=False)
        loss = self.compute_loss(y, y_pred)
        self.update_metrics(y, y_pred)
        return {"loss": loss}

    def compute_loss(self, y: Any, y_pred: Any) -> Any:
        """The compiled loss of a batch.

        Raises
        ------
        NotBuiltError
            When compile() was given no loss.
        """
        if self.loss is None:
            raise NotBuiltError(
                f"Model '{self.name}' has no loss. Name one, e.g. model.compile('adam', loss='mse'), or "
                "override train_step."
            )
        if y is None:
            raise ShapeError(f"The loss '{self.loss.name}' needs targets; call fit(x, y).")
        with part_scope("loss"):
            return self.loss(y, y_pred)

    def update_metrics(self, y: Any, y_pred: Any) -> None:
        """Add a batch to the compiled metrics."""
        for metric in self._metrics:
            with part_scope(metric.name):
                metric.update(y, y_pred)

    @property
    def metrics(self) -> list[metrics.Metric]:
        """The losses that steps report, and the compiled metrics."""
        return [*self._trackers.values(), *self._metrics]

    def reset_metrics(self) -> None:
        """Forget what was accumulated."""
        for metric in self.metrics:
            metric.reset()

    def results(self) -> dict[str, float]:
        """What was accumulated since the last reset: loss first, then the metrics."""
        return {metric.name: metric.result() for metric in self.metrics}

    def _train(self, x: Any, y: Any, trainable: str) -> None:
        """The traced training step; `trainable` tells steps with other frozen layers apart."""
        self._report(self.train_step(x, y), x)
        trace = active_trace()
        assert trace is not None
        trace.after.append(self._count_step)

    def _train_rows(self, x: Any, y: Any, rows: Any, trainable: str) -> None:
        """The training step on some rows of data, which it gathers."""
        with part_scope("batch"):
            batch = ops.gather(x, rows), None if y is None else ops.gather(y, rows)
        self._train(*batch, trainable)

    def _test(self, x: Any, y: Any, trainable: str) -> None:
        """The traced step of evaluate."""
        self._report(self.test_step(x, y), x)

    def _predict(self, x: Any, trainable: str, watched: bool = False) -> Any:
        """The traced step of predict; if it is `watched`, also a number that is finite only if all of `x` is."""
        y = self(x, training=False)
        if not watched:
            return y
        with part_scope("input check"):
            return y, ops.sum(ops.square(x))

    def _report(self, logs: Mapping[str, Any] | None, x: Any) -> None:
        """Accumulate what a step returned, inside the step."""
        for name, value in (logs or {}).items():
            if getattr(value, "size", 1) != 1:
                raise ShapeError(f"train_step reports numbers; '{name}' has shape {tuple(value.shape)}. Take its mean.")
            tracker = self._trackers.setdefault(name, metrics.Mean(name))
            with part_scope(name):
                tracker.add(value if getattr(value, "shape", ()) == () else value.reshape(()), x.shape[0])

    def _count_step(self) -> None:
        self.steps += 1

    def _run(self, kind: str, *args: Any) -> Any:
        """Run a step, traced and compiled on first use."""
        return self._function(kind)(*args, self._trainable_key())

    def _function(self, kind: str) -> Function:
        """The step ``"train"``, ``"train_rows"``, ``"test"`` or ``"predict"`` as a compiled function."""
        function = self._functions.get(kind)
        if function is None or function.eager != self.run_eagerly:
            bodies: dict[str, tuple[Callable[..., Any], str]] = {
                "train": (self._train, "train"),
                "train_rows": (self._train_rows, "train"),
                "test": (self._test, "test"),
                "predict": (self._predict, "predict"),
            }
            body, name = bodies[kind]
            function = Function(body, name=name, seed=get_seed, step=self._step_number, eager=self.run_eagerly)
            self._functions[kind] = function
        return function

    def _step_number(self) -> int:
        return self.steps

    def _trainable_key(self) -> str:
        """Which layers are frozen, as part of a step's signature."""
        if self._frozen is None or self._frozen[0] != Layer._freezings:  # looking at all layers takes a step's time
            self._frozen = (Layer._freezings, "".join("1" if layer.trainable else "0" for layer in self._walk()))
        return self._frozen[1]

    def _walk(self) -> list[Layer]:
        """The model itself and all layers in it."""
        found: list[Layer] = [self]
        for layer in found:  # grows while it is walked
            found.extend(child for _, child in layer._children())
        return found


def _require_step(model: Trainable, name: str) -> None:
    """Raise an ArgumentError unless a step can be called with (x, y)."""
    signature = inspect.signature(getattr(model, name))
    try:
        signature.bind(None, None)
    except TypeError:
        raise ArgumentError(
            f"nbnet calls {name}(self, x, y), inputs and targets of a batch; {type(model).__name__} defines "
            f"{name}(self, {str(signature)[1:].split(') ->')[0].rstrip(')')})."
        ) from None


def _metric(identifier: Any, loss: losses.Loss | None) -> metrics.Metric:
    """A metric; "accuracy" is compared with 0 where predictions are no probabilities."""
    found = metrics.get(identifier)
    logits = isinstance(loss, losses.Hinge) or bool(getattr(loss, "from_logits", False))
    if logits and isinstance(identifier, str) and type(found) is metrics.Accuracy:
        return metrics.Accuracy(found.name, threshold=0.0)
    return found
