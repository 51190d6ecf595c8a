"""How a model is trained, one step at a time: compile(), train_step and what it is made of."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any, Self

from nbnet import losses, metrics, optimizers
from nbnet.arguments import named_arguments
from nbnet.errors import ArgumentError, NotBuiltError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import Variable, active_trace
from nbnet.graph.trace import part_scope
from nbnet.layers.layer import Layer
from nbnet.models.nests import each, leaves, named, row_count
from nbnet.models.objective import Objective
from nbnet.runtime.function import Function

__all__ = ["Trainable"]


class _Parts(threading.local):
    """The losses of the outputs in the step that a thread is tracing."""

    def __init__(self) -> None:
        self.losses: dict[str, Any] = {}


class Trainable(Layer):
    """A layer that can be compiled and trained step by step; the base of :class:`Model`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Prepare what a subclass's constructor may use before calling this class's."""
        made = super().__new__(cls, *args, **kwargs)
        made.compiled = False
        made.run_eagerly = False
        made._optimizer = None
        made.steps = 0
        made._objective = Objective()
        made._parts = _Parts()
        made._trackers = {}
        made._functions = {}
        made._frozen = None
        return made

    compiled: bool
    run_eagerly: bool
    _optimizer: Any
    steps: int
    _objective: Objective
    _parts: _Parts
    _trackers: dict[str, metrics.Mean]
    _functions: dict[str, Function]
    _frozen: tuple[tuple[int, int], str] | None

    @named_arguments
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        run_eagerly: bool = False,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
        loss : str, Loss, callable of (y_true, y_pred), None, or a list or dict of these
            Several for the outputs of a model that has several, by position or name; a single one is for each of
            them. None where ``train_step`` is overridden and needs none, or for an output that is not trained.
        metrics : iterable of str, Metric or callable, or a list or dict of such, optional
            ``"accuracy"`` is the accuracy that fits the shapes; behind a hinge loss or logits it has its threshold
            at 0. Samples count alike, whatever their weights. For several outputs a single metric is for each of
            them, a list has an entry for each (a metric or a list of them), and a dict is by name.
        run_eagerly : bool
            Run each step op by op through the references, so that print and pdb show numbers. Slow.
        loss_weights : float, or list or dict of float, optional
            By which the losses of the outputs are multiplied before they are added.
        weighted_metrics : as `metrics`, optional
            Metrics in which each sample counts by its weight.

        Raises
        ------
        UnknownNameError
            When a name is not registered.
        ArgumentError
            When losses, weights or metrics do not fit the outputs, as far as these are known; or a training step of
            one's own cannot be called. What was compiled before then stays.

        Notes
        -----
        With several outputs the loss is Σ weight · loss over them, plus penalties; logs have each as ``<output>_loss``.
        Steps are traced anew when layers or weights come in, are frozen, or get another regularizer or constraint,
        and when :attr:`optimizer` is set; what is changed inside of a regularizer, a loss or a layer counts after the
        next compile().

        Examples
        --------
        >>> import nbnet
        >>> from nbnet.layers import Dense
        >>> x = nbnet.Input((3,))
        >>> model = nbnet.Model(x, {"kind": Dense(2, "softmax")(x), "size": Dense(1)(x)})
        >>> model.compile(
        ...     "adam",
        ...     loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
        ...     loss_weights={"size": 0.5},
        ...     metrics={"kind": ["accuracy"]},
        ... )
        """
        for name in ("train_step", "test_step"):
            _require_step(self, name)
        found = optimizers.get(optimizer), Objective(loss, loss_weights, metrics, weighted_metrics)
        if self.output_names is not None and isinstance(self.output_shape, (list, dict)):
            found[1].targets(list(named(self.output_shape, self.output_names) or ()))
        self.optimizer, self._objective = found  # only now: what is wrong leaves everything as it was
        self._trackers = {}
        self._functions = {}
        self.run_eagerly = run_eagerly
        self.compiled = True

    @property
    def optimizer(self) -> Any:
        """The optimizer given to compile(); one that is set later is used from the next step on."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Any) -> None:
        if optimizer is not self._optimizer:
            self._optimizer = optimizer if optimizer is None else optimizers.get(optimizer)
            self._functions = {}

    @property
    def loss(self) -> Any:
        """The loss given to compile(): a Loss, a list or dict of them for several outputs, or None."""
        return self._objective.loss

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> Mapping[str, Any] | None:
        """One training step over ops; override it to train in another way.

        The default uses nothing that an override could not::

            y_pred = self(x, training=True)
            loss = self.compute_loss(y, y_pred, sample_weight)
            weights = self.trainable_weights
            self.optimizer.apply(loss, nbnet.gradients(loss, weights), weights, samples=len(x))
            self.update_metrics(y, y_pred, sample_weight)
            return {"loss": loss}

        Parameters
        ----------
        x : Tensor, shape (batch, ...)
            A tuple or dict of them for a model with several inputs.
        y : Tensor, shape (batch, ...), or None
            A dict by the names of the outputs for a model with several.
        sample_weight : Tensor, shape (batch,), optional
            Given only where fit has weights; an override that knows no weights need not take it.

        Returns
        -------
        mapping of str to Tensor of shape (), or None
            What to report; the mean over the samples of an epoch is shown.
        """
        weighted = () if sample_weight is None else (sample_weight,)
        y_pred = self(x, training=True)
        loss = self.compute_loss(y, y_pred, *weighted)
        weights = self.trainable_weights
        self.optimizer.apply(loss, gradients(loss, weights), weights, samples=row_count(x))
        self.update_metrics(y, y_pred, *weighted)
        return {"loss": loss, **self._parts.losses}

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> Mapping[str, Any] | None:
        """One step of :meth:`evaluate`; may be overridden like :meth:`train_step`."""
        weighted = () if sample_weight is None else (sample_weight,)
        y_pred = self(x, training=False)
        loss = self.compute_loss(y, y_pred, *weighted)
        self.update_metrics(y, y_pred, *weighted)
        return {"loss": loss, **self._parts.losses}

    def compute_loss(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The compiled loss of a batch, with the penalties of regularizers and what layers have added to it.

        Parameters
        ----------
        y, y_pred : Tensor, shape (batch, ...)
            Several outputs in a list, tuple or dict, targets in a dict by the names of the outputs.
        sample_weight : Tensor, shape (batch,), or a dict of them by output, optional

        Returns
        -------
        Tensor, shape ()

        Raises
        ------
        NotBuiltError
            When compile() was given no loss, and no layer adds to it.
        ShapeError
            When targets are missing.
        """
        outputs = named(y_pred, self.output_names)
        targets = self._objective.targets(None if outputs is None else list(outputs))
        terms: list[Any] = []
        parts = self._parts.losses = {}
        for target in targets:
            if target.loss is None:
                continue
            wanted, weight = _of_output(y, target.name), _of_output(sample_weight, target.name, every=True)
            if wanted is None:
                of = "" if target.name is None else f" of the output '{target.name}'"
                raise ShapeError(f"The loss '{target.loss.name}'{of} needs targets; call fit(x, y).")
            given = y_pred if outputs is None else outputs[target.name or ""]
            with part_scope("loss" if target.name is None else f"{target.name}_loss"):
                value = target.loss(wanted, given) if weight is None else target.loss(wanted, given, weight)
                losses.require_number(value, target.loss.name)
                terms.append(value if target.weight == 1 else value * target.weight)
            if target.name is not None:
                parts[f"{target.name}_loss"] = value
        terms.extend(self._penalties())
        if not terms:
            raise NotBuiltError(
                f"Model '{self.name}' has no loss. Name one, e.g. model.compile('adam', loss='mse'), or "
                "override train_step."
            )
        with part_scope("loss"):
            total = terms[0]
            for term in terms[1:]:
                total = total + term
        return total

    def _penalties(self) -> list[Any]:
        """What regularizers of trainable weights say, and what layers have added to the loss in this step."""
        with part_scope("penalty"):
            terms = [weight.regularizer(weight) for weight in self.trainable_weights if weight.regularizer is not None]
        trace = active_trace()
        if trace is not None:
            terms.extend(trace.losses)
            trace.losses.clear()
        return terms

    def update_metrics(self, y: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch to the compiled metrics; only weighted metrics look at the weights of the samples."""
        outputs = named(y_pred, self.output_names)
        for target in self._objective.targets(None if outputs is None else list(outputs)):
            wanted, weight = _of_output(y, target.name), _of_output(sample_weight, target.name, every=True)
            given = y_pred if outputs is None else outputs[target.name or ""]
            for metric in (*target.metrics, *target.weighted):
                weights = () if weight is None or metric in target.metrics else (weight,)
                with part_scope(metric.name):
                    metric.update(wanted, given, *weights)

    @property
    def output_names(self) -> list[str] | None:
        """Names of the outputs where the model has several and knows them; a dict of outputs has its own."""
        return None

    @property
    def metrics(self) -> list[metrics.Metric]:
        """The losses that steps report, and the compiled metrics."""
        return [*self._trackers.values(), *self._objective.measured()]

    def reset_metrics(self) -> None:
        """Forget what was accumulated."""
        for metric in self.metrics:
            metric.reset()

    def results(self) -> dict[str, float]:
        """What was accumulated since the last reset: loss first, then the metrics.

        What the steps since then did not report is left out: train_step and test_step may report other names.
        """
        reported = [tracker for tracker in self._trackers.values() if tracker.count.storage]
        return {metric.name: metric.result() for metric in (*reported, *self._objective.measured())}

    def _train(self, x: Any, y: Any, sample_weight: Any, trainable: str) -> None:
        """The traced training step; `trainable` tells steps with other frozen layers apart."""
        self._report(self._step("train_step", x, y, sample_weight), x)
        trace = active_trace()
        assert trace is not None
        trace.after.append(self._count_step)

    def _train_rows(self, x: Any, y: Any, sample_weight: Any, rows: Any, trainable: str) -> None:
        """The training step on some rows of data, which it gathers."""
        with part_scope("batch"):
            batch = [each(nest, lambda array: ops.gather(array, rows)) for nest in (x, y, sample_weight)]
        self._train(batch[0], batch[1], batch[2], trainable)

    def _test(self, x: Any, y: Any, sample_weight: Any, trainable: str) -> None:
        """The traced step of evaluate."""
        self._report(self._step("test_step", x, y, sample_weight), x)

    def _step(self, name: str, x: Any, y: Any, sample_weight: Any) -> Mapping[str, Any] | None:
        """`train_step` or `test_step`, which gets weights only where there are some."""
        found: Mapping[str, Any] | None
        if sample_weight is None:
            found = getattr(self, name)(x, y)
        else:
            _require_step(self, name, weighted=True)
            found = getattr(self, name)(x, y, sample_weight)
        return found

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
                tracker.add(value if getattr(value, "shape", ()) == () else value.reshape(()), leaves(x)[0].shape[0])

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
        """Which layers there are and what is frozen, as part of a step's signature; also versions of the penalties."""
        now = Layer._changes, Variable.changes
        if self._frozen is None or self._frozen[0] != now:  # looking at all layers takes a step's time
            layers = ",".join(f"{layer._number}{'' if layer.trainable else 'x'}" for layer in self._walk())
            weights = ",".join(f"{weight.version}{'' if weight.trainable else 'x'}" for weight in self.weights)
            self._frozen = now, f"{layers};{weights}"
        return self._frozen[1]


def _require_step(model: Trainable, name: str, weighted: bool = False) -> None:
    """Raise an ArgumentError unless a step can be called with (x, y), or (x, y, sample_weight)."""
    signature = inspect.signature(getattr(model, name))
    try:
        signature.bind(None, None, *([None] if weighted else []))
    except TypeError:
        own = f"{type(model).__name__} defines {name}(self, {str(signature)[1:].split(') ->')[0].rstrip(')')})"
        if weighted:
            raise ArgumentError(
                f"{own}, which takes no weights of samples. Add a parameter sample_weight=None, or train without "
                "sample_weight and class_weight."
            ) from None
        raise ArgumentError(f"nbnet calls {name}(self, x, y), inputs and targets of a batch; {own}.") from None


def _of_output(given: Any, name: str | None, every: bool = False) -> Any:
    """What was given for an output: by name, or where there is one output, or the same for `every` output, alone."""
    if isinstance(given, dict) and name is not None:
        return given.get(name)
    return given if name is None or every or given is None else None
