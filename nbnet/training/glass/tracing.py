"""Tracing one training step and collecting its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from nbnet import losses
from nbnet.errors import DataError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import make_input, topological
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import RuntimeScalar, Tensor, Variable
from nbnet.graph.trace import Trace, tracing
from nbnet.layers.batch_normalization import BatchNormalization
from nbnet.models.batches import as_batch_size
from nbnet.models.checks import check_data, check_weights
from nbnet.models.class_weights import weighted_by_class
from nbnet.models.steps import Trainable
from nbnet.runtime.eager import first_non_finite
from nbnet.runtime.nest import rebuild
from nbnet.training.glass.formulas import formula_of
from nbnet.training.glass.naming import layer_names
from nbnet.training.glass.recorder import Call, Recorder, own_name, watched_layers
from nbnet.training.glass.step import LayerStep, StepTrace
from nbnet.training.glass.updates import changes_of, given_gradients, scalars_of
from nbnet.training.project import Project

__all__ = ["trace_project", "trace_step"]


def trace_step(model: Any, x: Any, y: Any = None, sample_weight: Any = None, *, source: str | None = None) -> StepTrace:
    """Every number of the training step that the model would make on a batch now; it makes none.

    Parameters
    ----------
    model : Model
        Compiled. It is built if it was not; nothing else about it, its optimizer and its metrics changes.
    x : array_like, shape (batch, ...)
        A small batch; ``x[3:4]`` is one sample.
    y : array_like, shape (batch, ...), optional
    sample_weight : array_like, shape (batch,), optional
    source : str, optional
        What the samples are called.

    Returns
    -------
    StepTrace
        Input, z, f(z) and gradients of each layer, the loss, and each weight before and after. ``print`` shows it.

    Raises
    ------
    NotBuiltError
        When the model was not compiled.
    DataError, ShapeError
        When data and model do not fit together.

    Notes
    -----
    The model's own ``train_step`` is recorded as it is for a compiled step and computed op by op through the
    references, with the random numbers of the coming step. Gradients of z and outputs are those of the same graph. What
    the step would write is kept here in place of the weights. A layer that is called within another one counts by
    itself.

    Examples
    --------
    >>> import nbnet
    >>> model = nbnet.Sequential([nbnet.layers.Dense(1, kernel_initializer="ones", input_shape=(2,))])
    >>> model.compile(nbnet.optimizers.SGD(0.1), "mse")
    >>> step = trace_step(model, [[1.0, 2.0]], [[5.0]])
    >>> step.loss, step.changes[0].gradient.ravel().tolist()
    (4.0, [-4.0, -8.0])
    >>> [f"{weight:.3f}" for weight in step.changes[0].after.ravel()]
    ['1.400', '1.800']
    """
    model._require_compiled()
    model._ensure_built(x)
    x, y = check_data(model, x, y)
    weights = check_weights(model, sample_weight, x)
    trace = Trace(
        RuntimeScalar("seed", get_seed, "int64"), RuntimeScalar("step", lambda: model.steps, "int64"), eager=True
    )
    recorder = Recorder(trace)
    with ExitStack() as watching, tracing(trace):
        for layer in watched_layers(model):
            watching.enter_context(recorder.watching_layer(layer))
        watching.enter_context(recorder.watching_model(model))
        given = () if weights is None else (rebuild(weights, _symbol),)
        model.train_step(rebuild(x, _symbol), rebuild(y, _symbol), *given)
        return _collected(model, recorder, trace, (x, y, weights), source)


def trace_project(
    project: Project, samples: Sequence[int] | None = None, batch_size: int | str | None = None
) -> StepTrace:
    """The first training step of a model file's model on some of its training samples; see :func:`trace_step`.

    Weights of samples and classes that stand in the file's ``fit`` count here as they do there.

    Parameters
    ----------
    project : Project
        With data.
    samples : sequence of int, optional
        Which ones; the first when None.
    batch_size : int, "full" or None
        Take the first so many samples instead.

    Returns
    -------
    StepTrace

    Raises
    ------
    DataError
        When there is no such sample.
    """
    project.build()
    x, y = project.data.train
    count = len(_first(x))
    if batch_size is not None:
        chosen = list(range(as_batch_size(batch_size, count)))
    else:
        chosen = list(samples) if samples else [0]
    for number in chosen:
        if not 0 <= number < count:
            raise DataError(f"{project.name} has training samples 0 to {count - 1}; there is no sample {number}.")
    listed = ", ".join(map(str, chosen[:8])) + (", …" if len(chosen) > 8 else "")
    source = f"training sample{'s' * (len(chosen) != 1)} {listed}"
    x, y, weights = (rebuild(part, lambda array: array[chosen]) for part in (x, y, _weights(project)))
    return trace_step(project.model, x, y, weights, source=source)


def _weights(project: Project) -> Any:
    """Weights of the training samples, as ``fit`` makes them; None where there are none."""
    x, y = check_data(project.model, *project.data.train)
    weights = check_weights(project.model, project.fit.get("sample_weight"), x)
    by_class = project.fit.get("class_weight")
    return weights if by_class is None else weighted_by_class(by_class, y, weights)


def _by_name(item: Any, names: Sequence[str] | None) -> Any:
    """Several arrays by the names that the model has for them."""
    several = isinstance(item, (list, tuple)) and names is not None and len(names) == len(item)
    return dict(zip(names or (), item, strict=True)) if several else item


def _first(item: Any) -> Any:
    """The first array of a nest."""
    while isinstance(item, (dict, list, tuple)):
        item = next(iter(item.values() if isinstance(item, dict) else item))
    return item


def _amount(x: Any) -> str:
    """How many samples a batch has, in words."""
    count = len(_first(x))
    return f"{count:,} sample{'s' * (count != 1)}"


def _symbol(item: Any) -> Tensor:
    """An array as an input that knows its numbers."""
    leaf = make_input(item.shape, item.dtype)
    leaf.value = item
    return leaf


def _collected(model: Any, recorder: Recorder, trace: Trace, batch: tuple[Any, ...], source: str | None) -> StepTrace:
    """What was recorded, as arrays."""
    x, y, weights = batch
    remarks: list[str] = []
    update = recorder.updates[0] if recorder.updates else None
    loss = update.loss if update is not None else (recorder.losses[-1][2] if recorder.losses else None)
    loss = loss if isinstance(loss, Tensor) else None
    if update is None:
        remarks.append("The step updates nothing: train_step called no optimizer of the model.")
    if len(recorder.updates) > 1:
        remarks.append(
            f"The step makes {len(recorder.updates)} updates; gradients of outputs are those of the first one's loss."
        )
    own = type(model).train_step is not Trainable.train_step
    if own:
        remarks.append(
            f"{type(model).__name__} trains by a train_step of its own; gradients of weights are what it gives."
        )
    if len(_first(x)) == 1 and any(isinstance(call.layer, BatchNormalization) for call in recorder.calls):
        remarks.append("Batch normalization over one sample gives β whatever the sample is; take several samples.")
    given, trained = given_gradients(recorder)
    layers, fused = _layer_steps(model, recorder.calls, loss, given)
    remarks += fused
    if update is not None:
        watched = [item for item in (update.loss, *update.grads) if isinstance(item, Tensor)]
        if not all(np.isfinite(item.numpy()).all() for item in watched):
            remarks.append(
                f"A number is not finite: {first_non_finite(watched)}. A real step would stop here and write nothing."
            )
    _, y_pred, total = recorder.losses[-1] if recorder.losses else (None, None, loss)
    named = _losses(model)
    optimizer = update.optimizer if update is not None else model.optimizer
    return StepTrace(
        model=model.name,
        step=model.steps + 1,
        source=source or _amount(x),
        x=_by_name(x, model.input_names),
        y=_by_name(y, model.output_names),
        sample_weight=weights,
        layers=layers,
        loss_name=", ".join(named) or "none",
        loss_formula="\n".join(named.values()),
        loss=_number(loss),
        data_loss=_number(total) - sum(_number(item) for item in recorder.penalties),
        y_pred=rebuild(y_pred, _array),
        optimizer=repr(optimizer),
        optimizer_formula=formula_of(optimizer),
        scalars=scalars_of(update.optimizer, trace) if update is not None else {},
        changes=changes_of(model, recorder, trace, given, trained),
        remarks=remarks,
        own_rule=_rule_of(model) if own else None,
    )


def _rule_of(model: Any) -> str:
    """The rule of a model with a step of its own, where its docstring has Notes."""
    return formula_of(model) if "Notes\n" in (type(model).__doc__ or "") else ""


def _layer_steps(
    model: Any, calls: Sequence[Call], loss: Tensor | None, given: Mapping[int, np.ndarray]
) -> tuple[list[LayerStep], list[str]]:
    """Numbers and gradients of each call; and which gradients there are not, and why."""
    names = layer_names(model, ((call.layer, call.name) for call in calls))
    often = Counter(id(call.layer) for call in calls)
    told: set[int] = set()
    wanted = [item for call in calls for item in (call.z, call.output) if _differentiable(item)]
    reached = {id(node) for node in topological([loss])} if loss is not None else set()
    known = dict(zip(map(id, wanted), gradients(loss, wanted), strict=True)) if loss is not None and wanted else {}

    def gradient(item: Any) -> np.ndarray | None:
        return known[id(item)].numpy() if id(item) in known and id(item) in reached else None

    arrays: dict[int, np.ndarray] = {}

    def numbers(item: Any) -> np.ndarray:  # one array for one tensor
        return arrays.setdefault(id(item), _array(item))

    steps, remarks = [], []
    for call in calls:
        f = call.activation
        plain = f is None or call.z is call.output
        about = call.output if isinstance(call.output, Tensor) else None
        own = {own_name(weight): given[id(weight)] for weight in call.layer._own() if id(weight) in given}
        step = LayerStep(
            name=names[id(call.layer)],
            layer=type(call.layer).__name__,
            formula=formula_of(call.layer, summary=True),
            inputs=tuple(numbers(item) for item in call.inputs),
            weights=call.weights,
            activation=None if plain else _name_of(f),
            activation_formula="" if plain else formula_of(f),
            z=None if call.z is None else numbers(call.z),
            output=numbers(call.output),
            slope=None if plain or about is None else _slope(call.z, call.output),
            output_gradient=gradient(call.output),
            z_gradient=None if plain else gradient(call.z),
            weight_gradients={} if id(call.layer) in told else own,
            calls=often[id(call.layer)],
        )
        told.add(id(call.layer))
        if step.output_gradient is None and step.z_gradient is not None:
            remarks.append(
                f"The loss is computed from z of {step.name}, {step.activation} and cross-entropy together, which is "
                "exact where probabilities round to 0 or 1; so there is dL/dz, and no dL/df(z)."
            )
        steps.append(step)
    return steps, remarks


def _differentiable(item: Any) -> bool:
    """Whether gradients flow to it."""
    return isinstance(item, Tensor) and item.dtype.kind == "f"


def _slope(z: Any, y: Any) -> np.ndarray | None:
    """f'(z), where y = f(z) comes from z element by element."""
    if not _differentiable(z) or not isinstance(y, Tensor) or z.shape != y.shape:
        return None
    pending, seen = [y], set()
    while pending:
        node = pending.pop()
        if node is z or id(node) in seen:
            continue
        seen.add(id(node))
        if node.inputs and node.op.kind != "elementwise":
            return None
        pending.extend(node.inputs)
    return gradients(ops.sum(y), [z])[0].numpy()


def _losses(model: Any) -> dict[str, str]:
    """Name and formula of each compiled loss; of a plain function the formula is that of the function."""
    compiled = model.loss
    if isinstance(compiled, dict):
        given = list(compiled.items())
    elif isinstance(compiled, (list, tuple)):
        given = list(zip(model.output_names or map(str, range(len(compiled))), compiled, strict=False))
    else:
        given = [("", compiled)]
    found = {}
    for output, item in given:
        if item is not None:
            loss = losses.get(item)
            of = f" of {output}" if output else ""
            found[f"{loss.name}{of}"] = formula_of(getattr(loss, "function", loss))
    return found


def _name_of(f: Callable[..., Any]) -> str:
    """What an activation is called."""
    return str(getattr(f, "__name__", None) or repr(f)).strip("_")


def _array(item: Any) -> Any:
    """A tensor or variable as its numbers."""
    return np.asarray(item.numpy()) if isinstance(item, (Tensor, Variable)) else np.asarray(item)


def _number(item: Any) -> float:
    """A tensor of one element as a number; NaN where there is none."""
    return float("nan") if item is None else float(np.asarray(_array(item)).reshape(()))
