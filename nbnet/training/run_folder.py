"""Training a model file into a numbered run folder: settings, metrics as they come, weights, result."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import signal
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbnet.compiler.choices import Choice
from nbnet.errors import NonFiniteError
from nbnet.graph.seed import get_seed
from nbnet.models.nests import each, named, row_count
from nbnet.runtime.host import active_choices, pinned_choices
from nbnet.runtime.threads import get_num_threads
from nbnet.runtime.tuned_choices import as_choices, as_json
from nbnet.training.checkpoints import Checkpoints
from nbnet.training.described import described
from nbnet.training.events import Listener, require_listeners
from nbnet.training.interrupt import stop_on_interrupt
from nbnet.training.metrics_file import MetricsFile
from nbnet.training.project import Project
from nbnet.training.run_pictures import draw_run
from nbnet.training.strict_json import json_text
from nbnet.training.versions import versions
from nbnet.training.whole_file import whole_file

__all__ = ["Result", "new_run_folder", "recorded_choices", "train_project"]


@dataclass(frozen=True)
class Result:
    """What came out of a run.

    Attributes
    ----------
    folder : Path
        The run folder.
    test, validation : dict or None
        Loss and metrics of the best weights on the test and validation samples; None where there are none, and for
        the test samples when the run was interrupted or failed.
    epochs : int
        Epochs that were finished.
    best_epoch : int or None
        The epoch whose weights are in best.nbnet, counted from 1.
    seconds : float
        Duration of training.
    interrupted : bool
        Whether Ctrl-C, or another signal, ended it.
    message : str or None
        What the model has to say, e.g. that a perceptron did not converge.
    failed : str or None
        The error that ended it.
    signal : int or None
        The number of the signal that ended it.
    pictures : tuple of Path
        What was drawn: curves.png and, for a classifier, confusion.png.
    remark : str or None
        Why a picture is missing, and what to do about it.
    """

    folder: Path
    test: dict[str, float] | None
    validation: dict[str, float] | None
    epochs: int
    best_epoch: int | None
    seconds: float
    interrupted: bool
    message: str | None = None
    failed: str | None = None
    signal: int | None = None
    pictures: tuple[Path, ...] = ()
    remark: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What result.json holds."""
        return {
            "test": self.test,
            "validation": self.validation,
            "seconds": round(self.seconds, 3),
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "interrupted": self.interrupted,
            "message": self.message,
            "failed": self.failed,
        }


def train_project(
    project: Project,
    out: str | os.PathLike[str] = "runs",
    hooks: Sequence[Listener] = (),
    settings: Mapping[str, Any] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Result:
    """Train a model file's model on its data and keep everything in a new run folder.

    Parameters
    ----------
    project : Project
        From :func:`nbnet.training.project.load_project`; its ``fit`` says for how long.
    out : path-like
        The folder in which ``<name>-<n>`` is made.
    hooks : sequence of Listener
        Told of each batch and epoch, e.g. a progress bar.
    settings : mapping, optional
        What else config.json shall hold: the command, threads, plugins.
    on_result : callable, optional
        Called with the result before the pictures are drawn, which takes most of a second.

    Returns
    -------
    Result
        The test samples are read once, with the weights that were best by validation loss (with the last ones where
        there are no validation samples). The model has these weights afterwards.

    Raises
    ------
    NonFiniteError
        When a loss or gradient is not finite; last.nbnet holds the weights before that step, and result.json the
        message.
    OSError
        When the folder cannot be written.

    Notes
    -----
    Whatever else is raised comes through; the folder is removed when nothing was trained before.

    How matrix products are done, as ``nbnet tune`` has found or an earlier run has noted, is fixed for the whole run
    and noted in config.json. The model.py of a run folder is trained with what stands in the config.json beside it.
    """
    choices = recorded_choices(project.path)
    with pinned_choices(active_choices() if choices is None else choices):
        result = _train_into_folder(project, out, hooks, settings or {})
        if on_result is not None:
            on_result(result)
        labelled = None if result.interrupted else project.data.test or project.data.validation
        pictures, remark = draw_run(result.folder, project.model, labelled, project.fit.get("batch_size"))
        return replace(result, pictures=pictures, remark=remark)


def _train_into_folder(
    project: Project, out: str | os.PathLike[str], hooks: Sequence[Listener], settings: Mapping[str, Any]
) -> Result:
    """Make the run folder and fill it."""
    model = project.model
    project.build()
    folder = new_run_folder(out, project.name)
    checkpoints = Checkpoints(folder / "best.nbnet", folder / "last.nbnet")
    steps, started = model.steps, time.perf_counter()
    try:
        shutil.copyfile(project.path, folder / "model.py")
        _write_json(folder / "config.json", _config(project, settings))
        result = _train(project, folder, checkpoints, hooks)
        _write_json(folder / "result.json", result.to_json())  # before the pictures: these can be drawn again
    except BaseException as error:
        if model.steps == steps and not isinstance(error, NonFiniteError):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        seconds, interrupted = time.perf_counter() - started, isinstance(error, KeyboardInterrupt)
        epochs, best, validation = checkpoints.epochs, checkpoints.best_epoch, checkpoints.validation
        failed = str(error) or type(error).__name__
        result = Result(folder, None, validation, epochs, best, seconds, interrupted, failed=failed)
        with contextlib.suppress(OSError):  # the error that ended the run is the one to report
            _write_json(folder / "result.json", result.to_json())
        raise
    return result


def _train(project: Project, folder: Path, checkpoints: Checkpoints, hooks: Sequence[Listener]) -> Result:
    """Train, and read the test samples once."""
    data, model = project.data, project.model
    model.remember(data)
    _compare_classes(model)
    arguments = {**project.fit, "validation_data": data.validation, "verbose": 0}
    own = require_listeners(arguments.pop("hooks", ()))
    started = time.perf_counter()
    with MetricsFile(folder / "metrics.csv") as metrics, stop_on_interrupt(signal.SIGTERM) as interrupt:
        history = model.fit(*data.train, **arguments, hooks=[metrics, checkpoints, interrupt, *hooks, *own])
    seconds = time.perf_counter() - started
    test = None
    if not interrupt.asked:
        checkpoints.restore_best(model)
    if data.test is not None and not interrupt.asked:
        test = model.evaluate(*data.test, batch_size=project.fit.get("batch_size"), return_dict=True)
    return Result(
        folder,
        test,
        checkpoints.validation,
        checkpoints.epochs,
        checkpoints.best_epoch,
        seconds,
        interrupt.asked,
        getattr(history, "message", None),
        signal=interrupt.number if interrupt.asked else None,
    )


def _compare_classes(model: Any) -> None:
    """Warn where a model tells more classes apart than its data have names for."""
    shapes = named(model.output_shape, model.output_names) if not isinstance(model.output_shape, tuple) else None
    names = model.class_names if isinstance(model.class_names, dict) else {"": model.class_names}
    for output, shape in (shapes or {"": model.output_shape}).items():
        known = names.get(output)
        if (
            known
            and isinstance(shape, tuple)
            and len(shape) == 2
            and isinstance(shape[1], int)
            and shape[1] > len(known)
        ):
            of = f" of output '{output}'" if output else ""
            warnings.warn(
                f"Model '{model.name}' has {shape[1]} outputs{of} for the {len(known)} classes of the data "
                f"({', '.join(known[:8])}{', …' if len(known) > 8 else ''}). Give its last layer {len(known)} units; "
                "predictions will call the classes by their numbers.",
                UserWarning,
                stacklevel=2,
            )


def recorded_choices(model_file: Path) -> dict[str, Choice] | None:
    """How the run did its matrix products whose copy of the model file this is; None for any other model file.

    Raises
    ------
    CacheError
        When the run's config.json was changed so that they cannot be read.
    """
    config = model_file.parent / "config.json"
    if model_file.name != "model.py" or not config.is_file():
        return None
    try:
        content = json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or "choices" not in content:
        return None
    return as_choices(content["choices"], f"{config}: choices")


def new_run_folder(out: str | os.PathLike[str], name: str) -> Path:
    """Make ``<out>/<name>-<n>`` with the next free number; several processes may do so at once."""
    parent = Path(out)
    parent.mkdir(parents=True, exist_ok=True)
    pattern = re.compile(re.escape(name) + r"-(\d+)")
    numbers = [int(match[1]) for entry in parent.iterdir() if (match := pattern.fullmatch(entry.name))]
    number = max(numbers, default=0) + 1
    while True:
        folder = parent / f"{name}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _config(project: Project, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of a run."""
    return {
        "model_file": str(project.path),
        "hyperparameters": described(project.hyperparameters),
        "fit": described(project.fit),
        "optimizer": described(project.model.optimizer),
        "parameters": project.model.count_params(),
        "seed": get_seed(),
        "threads": get_num_threads(),
        "choices": as_json(active_choices()),
        "data": {
            name: {"samples": row_count(x), "x": each(x, _form), "y": each(y, _form)}
            for name, (x, y) in project.data.splits.items()
        },
        **settings,
        "versions": versions(),
        "platform": platform.platform(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _form(array: Any) -> str:
    """Shape and dtype of the samples of an array."""
    return f"{array.shape[1:]} {array.dtype}"


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write the whole file or nothing of it."""
    with whole_file(path) as file:
        file.write(json_text(content, indent=2) + "\n")
