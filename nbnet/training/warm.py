"""Filling the kernel cache with what the templates need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.kernels import jit
from nbnet.models.batches import as_batch_size
from nbnet.models.checks import check_data
from nbnet.models.nests import row_count
from nbnet.registry import templates
from nbnet.runtime.function import Function
from nbnet.training.explanation import STEPS, step_of
from nbnet.training.feed import Feed
from nbnet.training.project import Project, load_project

__all__ = ["warm_cache"]

_STAND_IN = 256


def warm_cache(names: Sequence[str] | None = None) -> Iterator[tuple[str, int, int]]:
    """Compile the kernels of the training, test and prediction steps of templates.

    Parameters
    ----------
    names : sequence of str, optional
        Which templates; default all.

    Yields
    ------
    name : str
        The template.
    compiled, found : int
        How many of its kernels were compiled, and how many were in the cache.
    """
    for name in names or templates.names():
        project = load_project(templates.get(name))
        x, y = _samples(project)
        before = jit.compilations()
        needed = {}
        for size in (project.fit.get("batch_size"), 1):
            steps = [step_of(project.model, step, x, y, size) for step in STEPS]
            for function, arguments in (*steps, _gathering(project.model, x, y, size)):
                needed.update(dict.fromkeys(function.explain(*arguments).kernels()))
        for spec in needed:
            jit.load(spec)
        compiled = jit.compilations() - before
        yield name, compiled, len(needed) - compiled


def _gathering(model: Any, x: Any, y: Any, batch_size: int | str | None) -> tuple[Function, tuple[Any, ...]]:
    """The step that fit takes in a shuffled epoch, and arguments for it."""
    x, y = check_data(model, x, y)
    count = row_count(x)
    feed = Feed(x, y, as_batch_size(batch_size, count))
    feed.begin(np.arange(count))
    kind, arguments = feed.batch(0, feed.batch_size)
    return model._function(kind), (*arguments, model._trainable_key())


def _samples(project: Project) -> tuple[np.ndarray, np.ndarray]:
    """The template's training samples; zeros where its data set is not on this machine, as the shapes are enough."""
    try:
        return project.data.train
    except DataError:
        shape = project.model.input_shape[1:]
        return np.zeros((_STAND_IN, *shape), np.uint8), np.zeros(_STAND_IN, np.int64)
