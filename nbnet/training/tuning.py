"""Tuning the step of a model: how its matrix products are done fastest on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from nbnet.runtime.tuning import Tuning, tune_function
from nbnet.training.explanation import measured, step_of
from nbnet.training.project import Project

__all__ = ["describe_tuning", "tune", "tune_project"]


def tune_project(
    project: Project,
    step: str = "train",
    batch_size: int | str | None = None,
    *,
    save: bool = True,
    on_progress: Callable[[str, int], None] | None = None,
) -> Tuning:
    """Tune a step of a model file's model on its training samples; see :func:`tune`.

    Parameters
    ----------
    project : Project
        With data.
    step : "train", "test" or "predict"
    batch_size : int, "full" or None
        None: what the model file's ``fit`` says.
    save, on_progress
        As for :func:`nbnet.runtime.tuning.tune_function`.

    Returns
    -------
    Tuning
    """
    size = batch_size or project.fit.get("batch_size")
    function, arguments = step_of(project.model, step, *project.data.train, size)
    return tune_function(function, arguments, save=save, on_progress=on_progress)


def tune(
    what: Any,
    /,
    *args: Any,
    step: str = "train",
    batch_size: int | str | None = None,
    seconds_each: float = 0.1,
    save: bool = True,
    **kwargs: Any,
) -> Tuning:
    """Find out how the matrix products of a step are done fastest on this machine, and keep it for all later runs.

    Parameters
    ----------
    what : Model or Function
        A compiled model, followed by x and y; or what :func:`nbnet.function` gives, followed by its arguments.
    step : "train", "test" or "predict"
        Which step of a model.
    batch_size : int, "full" or None
        Samples in a step of a model, the first ones of `x`; None is 32. What is found holds for this number.
    seconds_each : float > 0
        How long each candidate runs in each of three rounds.
    save : bool
        Whether to keep the winners, in the folder of the kernel cache.
    **kwargs
        Keyword arguments of a function.

    Returns
    -------
    Tuning
        With one row for each product, and the time of a step before and after.

    Raises
    ------
    ArgumentError
        When `what` is neither, or runs op by op, or a number is out of range.
    NotBuiltError
        When a model was not compiled.
    NonFiniteError
        When loss or gradients of the step are NaN or infinite.
    OSError
        When the winners cannot be written.

    Notes
    -----
    Tile, packing and cutting of a product are measured in place, in alternation with what the cost model chose. They
    never change the bits of a result: each element of a product is the same chain of additions, whatever is chosen.
    Weights and optimizer slots have the same bits afterwards. What was compiled before stays as it is; a new process,
    or a new signature, takes the winners. NBNET_TUNING=off does without them.
    """
    function, arguments = measured("tune", what, args, kwargs, step, batch_size)
    return tune_function(function, arguments, kwargs, seconds_each=seconds_each, save=save)


def describe_tuning(found: Tuning) -> dict[str, Any]:
    """What came out as plain data, for JSON.

    Parameters
    ----------
    found : Tuning

    Returns
    -------
    dict
        Times are seconds; "gain" is the part of the time that the choice saves, 0 where the model's choice stays.
    """
    return {
        "threads": found.threads,
        "tried": found.tried,
        "winners": len(found.choices),
        "step_before": found.step_before,
        "step": found.step,
        "path": None if found.path is None else str(found.path),
        "products": [
            {
                "product": item.problem.key,
                "model": asdict(item.model),
                "choice": asdict(item.choice),
                "model_seconds": item.model_seconds,
                "seconds": item.seconds,
                "gain": item.gain,
            }
            for item in found.products
        ],
    }
