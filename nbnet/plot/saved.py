"""All pictures of a run folder, a saved model or a model file."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError, DataError, MissingPackageError, NbnetError
from nbnet.plot.classes import is_classification
from nbnet.plot.confusion import confusion_matrix
from nbnet.plot.curves import curves
from nbnet.plot.decision import decision_boundary
from nbnet.plot.drawing import model as draw_model
from nbnet.plot.figure import FORMATS
from nbnet.plot.images import samples
from nbnet.training.project import Project, load_project
from nbnet.training.trained import find_model_file, labelled_samples, load_trained

__all__ = ["KINDS", "Pictures", "draw_saved"]

KINDS = ("curves", "confusion", "boundary", "samples", "model")
_BY_HAND = "Draw it from a program, with the arrays of one of them and nbnet.plot."


@dataclass
class Pictures:
    """What was drawn.

    Attributes
    ----------
    paths : dict of str to Path
        The file of each kind.
    left_out : dict of str to str
        Why a kind was not drawn that was not asked for by name.
    """

    paths: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def draw_saved(
    path: str | os.PathLike[str],
    kinds: Iterable[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    *,
    data: str | os.PathLike[str] | None = None,
    split: str | None = None,
    settings: Mapping[str, str] | None = None,
    format: str = "png",
    max_samples: int = 25,
) -> Pictures:
    """Draw what a run folder, a saved model or a model file has to show.

    Parameters
    ----------
    path : path-like
        A run folder, a ``.nbnet`` file or a model file. Of a model file, which is executed, layers and samples are
        drawn.
    kinds : iterable of str, optional
        Of ``"curves"``, ``"confusion"``, ``"boundary"`` (of a network with two inputs), ``"samples"`` (of images) and
        ``"model"``; None is all that can be drawn.
    out : path-like, optional
        The folder to write to, which is made; the run folder, or the one in which the file is, when None.
    data, split, settings
        Samples for confusion, boundary and samples, as for :func:`nbnet.training.trained.evaluate_saved`; `settings`
        are also the hyperparameters of a model file.
    format : "png", "svg" or "pdf"
        Of all but the drawing of the model, which is an SVG.
    max_samples : int > 0
        How many images are drawn.

    Returns
    -------
    Pictures

    Raises
    ------
    ArgumentError
        When a kind or format is unknown.
    NbnetError
        When a kind that was asked for by name cannot be drawn, or nothing at all.
    """
    if f".{format}" not in FORMATS:
        raise ArgumentError(f"Pictures are written as {', '.join(item[1:] for item in FORMATS)}; received {format!r}.")
    wanted = list(KINDS if kinds is None else dict.fromkeys(kinds))
    for kind in wanted:
        if kind not in KINDS:
            raise ArgumentError(f"There is no picture {kind!r}; there are {', '.join(KINDS)}.")
    subject = _Subject(Path(path), data, split, settings, max_samples)
    place = Path(path)
    folder = Path(out) if out is not None else (place if place.is_dir() else place.parent)
    folder.mkdir(parents=True, exist_ok=True)
    prefix = "" if place.is_dir() else f"{place.stem}-"
    made = Pictures()
    failed: NbnetError | None = None
    for kind in wanted:
        target = folder / f"{prefix}{kind}.{'svg' if kind == 'model' else format}"
        try:
            getattr(subject, kind)(target)
        except MissingPackageError:
            raise
        except NbnetError as error:
            if kinds is not None:
                raise
            made.left_out[kind], failed = str(error), error
        else:
            made.paths[kind] = target
    if failed is not None and not made.paths:
        raise failed  # the layers, which any model has, could not be drawn
    return made


class _Subject:
    """A model with its samples, each read when it is first needed; a method for each kind of picture."""

    def __init__(
        self,
        path: Path,
        data: str | os.PathLike[str] | None,
        split: str | None,
        settings: Mapping[str, str] | None,
        max_samples: int,
    ) -> None:
        self._path = path
        self._max_samples = max_samples
        self._project: Project | None = None
        if path.suffix == ".py":
            self._project = load_project(path, settings, needs_data=False, needs_compile=False)
            self._project.build()
        else:
            find_model_file(path)
        self._read: Callable[[], tuple[Any, Any, str]] = (
            (lambda: self._of_project(split))
            if self._project is not None and data is None
            else (lambda: labelled_samples(self._model, path, data, split, settings))
        )
        self._samples: tuple[Any, Any, str] | None = None
        self._outputs: Any = None

    @functools.cached_property
    def _model(self) -> Any:
        """The model; curves need none, so they can be drawn of one that cannot be loaded."""
        return self._project.model if self._project is not None else load_trained(self._path)

    def curves(self, target: Path) -> None:
        """Loss and metrics by epoch."""
        if not (self._path / "metrics.csv").is_file():
            raise DataError(
                f"'{self._path}' has no metrics.csv to draw curves of; `nbnet train` writes it in a run folder."
            )
        curves(self._path, target)

    def confusion(self, target: Path) -> None:
        """True against predicted classes."""
        _, y, _ = self._labelled()
        if isinstance(y, dict):
            raise DataError(f"A confusion matrix is of one output; the model has {', '.join(y)}. {_BY_HAND}")
        outputs = self._predicted()
        names = self._class_names()
        if not is_classification(y, outputs) or (names is not None and len(names) == 1):
            raise DataError("The model is no classifier of these samples, so there are no classes to confuse.")
        confusion_matrix(y, outputs, names, target)

    def boundary(self, target: Path) -> None:
        """What the network decides in the plane."""
        x, y, source = self._labelled()
        if isinstance(x, (dict, tuple)):
            raise DataError("Only networks with one input of two numbers have a boundary to draw; this has several.")
        if np.ndim(x) != 2 or np.shape(x)[1] != 2:
            raise DataError(f"Only networks with two inputs have a boundary to draw; these have {np.shape(x)[1:]}.")
        self._require_trained()
        decision_boundary(self._model, x, y, target, class_names=self._class_names(), title=source)

    def samples(self, target: Path) -> None:
        """Images with their labels and, of a trained classifier, what it takes them for."""
        x, y, source = self._labelled()
        if isinstance(x, (dict, tuple)) or isinstance(y, dict):
            raise DataError(f"Samples are drawn of models with one input and one output; this has more. {_BY_HAND}")
        known = self._classifies()
        whole = np.ndim(y) == 1 and np.asarray(y).dtype.kind in "iub"  # class numbers, as far as one can see untrained
        samples(
            x, y if known or whole else None, self._predicted() if known else None, self._class_names(), target,
            max_samples=self._max_samples, title=source,
        )  # fmt: skip

    def model(self, target: Path) -> None:
        """The layers."""
        draw_model(self._model, target)

    def _labelled(self) -> tuple[Any, Any, str]:
        """The samples."""
        if self._samples is None:
            self._samples = self._read()
        return self._samples

    def _classifies(self) -> bool:
        """Whether the model is trained and its outputs are classes of the samples."""
        return self._project is None and is_classification(self._labelled()[1], self._predicted())

    def _predicted(self) -> Any:
        """Outputs for the samples."""
        self._require_trained()
        if self._outputs is None:
            self._outputs = self._model.predict(self._labelled()[0])
        return self._outputs

    def _require_trained(self) -> None:
        """Raise a DataError for the model of a model file."""
        if self._project is not None:
            raise DataError("A model file's model is not trained. Draw the run folder that `nbnet train` makes of it.")

    def _class_names(self) -> Any:
        """Names of the classes, of the model or of its file's data."""
        if self._project is not None:
            return self._project.data.class_names
        return self._model.class_names

    def _of_project(self, split: str | None) -> tuple[Any, Any, str]:
        """Samples of a model file's own data; the training samples unless another split is asked for."""
        assert self._project is not None
        data, name = self._project.data, split or "train"
        if name not in data.splits:
            raise DataError(f"'{self._path}' has no {name} samples; it has {', '.join(data.splits)}.")
        x, y = data.splits[name]
        return x, y, f"{self._project.name}, {name} samples"
