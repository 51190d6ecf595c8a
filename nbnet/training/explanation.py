"""What a step of a model file's model runs: its plan and its graph."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbnet.compiler.compile import optimise
from nbnet.compiler.plan import Plan
from nbnet.graph.graph import Graph
from nbnet.models.batches import as_batch_size
from nbnet.models.checks import check_data
from nbnet.runtime.function import Function
from nbnet.training.project import Project

__all__ = ["STEPS", "Explanation", "explain_project", "step_of"]

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
    size = as_batch_size(batch_size, len(x))
    batch = (x[:size], None if y is None else y[:size]) if kind != "predict" else (x[:size],)
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
