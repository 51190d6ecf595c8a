"""What a step of a model runs, its plan and its graph, and what that costs on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbnet.compiler.compile import optimise
from nbnet.compiler.plan import Plan
from nbnet.errors import ArgumentError
from nbnet.graph.graph import Graph
from nbnet.models.batches import as_batch_size
from nbnet.models.checks import check_data
from nbnet.models.model import Model
from nbnet.models.nests import row_count, rows
from nbnet.runtime.function import Function
from nbnet.runtime.profile import Profile, profile_function
from nbnet.training.chrome_trace import write_trace
from nbnet.training.project import Project

__all__ = ["STEPS", "Explanation", "explain_project", "measured", "profile", "profile_project", "step_of"]

STEPS = ("train", "test", "predict")


@dataclass(frozen=True)
class Explanation:
    """One step.

    Attributes
    ----------
    plan : Plan
        Which kernels run, on which memory; ``nbnet.compiler.explain`` prints it.
    graph : Graph
        What is computed, as it was recorded.
    """

    plan: Plan
    graph: Graph

    def write_graph(self, path: str | os.PathLike[str]) -> None:
        """Write the graph as text, as it was recorded and as it is after simplification and fusion."""
        text = f"# As recorded\n{self.graph}\n\n# Simplified and fused\n{optimise(self.graph)}\n"
        Path(path).write_text(text, encoding="utf-8")


def step_of(model: Any, kind: str, x: Any, y: Any, batch_size: int | str | None) -> tuple[Function, tuple[Any, ...]]:
    """The compiled function of a step, and arguments for it: the first batch of some samples.

    Parameters
    ----------
    model : Model
        Compiled.
    kind : "train", "test" or "predict"
    x, y : array_like, shape (samples, ...)
    batch_size : int, "full" or None

    Returns
    -------
    Function, tuple
    """
    model._ensure_built(x)
    x, y = check_data(model, x, y)
    size = as_batch_size(batch_size, row_count(x))
    first = slice(None, size)
    batch = (rows(x, first), rows(y, first), None) if kind != "predict" else (rows(x, first),)
    return model._function(kind), (*batch, model._trainable_key())


def explain_project(project: Project, step: str = "train", batch_size: int | str | None = None) -> Explanation:
    """Plan a step of a model file's model on its training samples; nothing is compiled or run.

    Parameters
    ----------
    project : Project
        With data.
    step : "train", "test" or "predict"
    batch_size : int, "full" or None
        None: what the model file's ``fit`` says.

    Returns
    -------
    Explanation
    """
    size = batch_size or project.fit.get("batch_size")
    function, arguments = step_of(project.model, step, *project.data.train, size)
    return Explanation(function.explain(*arguments), function.graph(*arguments))


def profile_project(
    project: Project,
    step: str = "train",
    batch_size: int | str | None = None,
    *,
    seconds: float = 1.0,
    steps: int | None = None,
    trace: str | os.PathLike[str] | None = None,
) -> Profile:
    """Measure a step of a model file's model on its training samples; see :func:`profile`.

    Parameters
    ----------
    project : Project
        With data.
    step : "train", "test" or "predict"
    batch_size : int, "full" or None
        None: what the model file's ``fit`` says.
    seconds, steps, trace
        As for :func:`profile`.

    Returns
    -------
    Profile
    """
    size = batch_size or project.fit.get("batch_size")
    function, arguments = step_of(project.model, step, *project.data.train, size)
    return _profiled(function, arguments, {}, seconds, steps, trace)


def profile(
    what: Any,
    /,
    *args: Any,
    step: str = "train",
    batch_size: int | str | None = None,
    seconds: float = 1.0,
    steps: int | None = None,
    trace: str | os.PathLike[str] | None = None,
    **kwargs: Any,
) -> Profile:
    """Measure where the time of a step goes: each kernel call in place, against what this machine can do.

    Parameters
    ----------
    what : Model or Function
        A compiled model, followed by x and y; or what :func:`nbnet.function` gives, followed by its arguments.
    step : "train", "test" or "predict"
        Which step of a model.
    batch_size : int, "full" or None
        Samples in a step of a model, the first ones of `x`; None is 32.
    seconds : float > 0
        How long to measure, unless `steps` is given.
    steps : int >= 1, optional
        How many steps to record.
    trace : path-like, optional
        Write the last steps to this file, for ui.perfetto.dev or chrome://tracing.
    **kwargs
        Keyword arguments of a function.

    Returns
    -------
    Profile
        ``print`` shows it as a table.

    Raises
    ------
    ArgumentError
        When `what` is neither, or runs op by op, or a number is out of range.
    NotBuiltError
        When a model was not compiled.
    NonFiniteError
        When loss or gradients of the step are NaN or infinite.

    Notes
    -----
    The steps are real ones on one batch, over and over. Weights, optimizer slots and metrics have the same bits again
    afterwards, and the steps are not counted.

    Examples
    --------
    >>> import nbnet, numpy as np
    >>> @nbnet.function
    ... def total(x):
    ...     return nbnet.ops.sum(nbnet.ops.exp(x))
    >>> found = nbnet.profile(total, np.ones((64, 64), np.float32), steps=3)
    >>> found.steps, [item.number for item in found.entries]
    (3, [0])
    """
    function, arguments = measured("profile", what, args, kwargs, step, batch_size)
    return _profiled(function, arguments, kwargs, seconds, steps, trace)


def measured(
    name: str, what: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], step: str, batch_size: int | str | None
) -> tuple[Function, tuple[Any, ...]]:
    """What `nbnet.profile` and `nbnet.tune`, here `name`, are asked to measure: a function and its arguments.

    Raises
    ------
    ArgumentError
        When `what` is neither a Model with x and y nor a compiled function.
    NotBuiltError
        When a model was not compiled.
    """
    if isinstance(what, Function):
        return what, args
    if not isinstance(what, Model):
        raise ArgumentError(
            f"{name} expects a Model or a compiled function; received {type(what).__name__}. Wrap a Python function "
            f"over ops: nbnet.{name}(nbnet.function(f), x)."
        )
    if kwargs:
        raise ArgumentError(f"{name} of a model takes no argument {', '.join(map(repr, kwargs))}.")
    if not 1 <= len(args) <= 2:
        raise ArgumentError(f"{name} of a model expects x and y after it; received {len(args)} arguments.")
    if step not in STEPS:
        raise ArgumentError(f"{name} expects step to be one of {', '.join(STEPS)}; received {step!r}.")
    if step != "predict":
        what._require_compiled()
    x, y = (*args, None)[:2]
    return step_of(what, step, x, y, batch_size)


def _profiled(
    function: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    seconds: float,
    steps: int | None,
    trace: str | os.PathLike[str] | None,
) -> Profile:
    """A profile, and its trace file if one is wanted."""
    found = profile_function(function, args, kwargs, seconds=seconds, steps=steps)
    if trace is not None:
        write_trace(found, trace)
    return found
