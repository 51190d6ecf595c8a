"""``nbnet.Data``: the training, validation and test samples of one task, checked when they come in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nbnet.data.checked_splits import (
    Split,
    applied,
    as_pair,
    check_alike,
    check_class_names,
    checked_pair,
)
from nbnet.data.image_folder import read_image_splits
from nbnet.data.labelled_csv import read_labelled_csv
from nbnet.data.npy_splits import read_npy_splits
from nbnet.data.npz_splits import read_npz_splits
from nbnet.data.reading import MAX_BYTES, PathLike
from nbnet.data.spec import InputSpec
from nbnet.data.split import split
from nbnet.data.table_spec import MISSING
from nbnet.errors import DataError
from nbnet.preprocessing.nest import is_nest, of, parts
from nbnet.preprocessing.per_input import PerInput, as_steps
from nbnet.preprocessing.pipeline import Pipeline, as_step, takes_missing
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.table import Table
from nbnet.preprocessing.tabular import Tabular

__all__ = ["Data"]

Preprocess = Callable[[np.ndarray], np.ndarray] | Sequence[Any] | Mapping[str, Any]


class Data:
    """What a network is trained, validated and tested on.

    Parameters
    ----------
    train : tuple (x, y)
        Inputs, shape (N, ...), and labels or targets, shape (N,) or (N, ...). Arrays or nested lists of numbers; inputs
        may be a ``nbnet.preprocessing.Table``, with ``Tabular`` in `preprocess`, and hold NaN, with ``Impute`` there.
        Several inputs come in a dict by name, or a tuple or list of arrays; several targets in a dict by the names of
        the outputs.
    validation, test : tuple (x, y), optional
        Samples of the same shapes. Validation samples choose the best weights; test samples are for one final reading.
    preprocess : callable or list, optional
        Applied to the inputs of every split, e.g. ``Standardize()`` or ``[Flatten(), Standardize()]`` from
        ``nbnet.preprocessing``. A step that learns from data is fitted on the training inputs only, unless it is fitted
        already. Steps are stored in a saved model and applied to later inputs; any other callable, taking and returning
        an array (N, ...), works as long as the program runs, but is not stored. For several inputs it is a dict of
        these by name, such as ``{"age": Standardize()}``; inputs without a step stay as they are.
    class_names : sequence of str, optional
        The name of class 0, class 1, …; of several targets a dict of these for those that are classes.

    Attributes
    ----------
    train : tuple (x, y)
        Preprocessed, as the network gets them; likewise `validation` and `test`, which may be None.
    preprocess : callable or None
        As given, fitted; a list has become a ``Pipeline``, and a dict a ``PerInput``.
    class_names : tuple of str, dict of str to tuple of str, or None
    name : str or None
        The name of the data set, where it has one in the registry; a data set's function sets it.
    input_spec : InputSpec
        Shape, dtype and range of the training inputs before preprocessing.

    Raises
    ------
    DataError
        When a split is not a pair, is empty, differs in length, names or sample shape, is not numeric or holds NaN or
        infinity; when `preprocess` fails, changes the number of samples, or does not say which of several inputs it is
        for; when labels exceed `class_names`.

    Examples
    --------
    >>> x, y = np.arange(24.0).reshape(8, 3), np.arange(8) % 2
    >>> Data((x, y), class_names=["even", "odd"])
    Data: 2 classes (even, odd)
      train      8 samples  x (3,) float64  y () int64
    >>> Data(({"left": x[:, :2], "right": x[:, 2]}, y))
    Data
      train      8 samples  x left (2,) float64, right () float64  y () int64
    """

    def __init__(
        self,
        train: tuple[Any, Any],
        validation: tuple[Any, Any] | None = None,
        test: tuple[Any, Any] | None = None,
        preprocess: Preprocess | None = None,
        class_names: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        given = {"train": as_pair(train, "train")}
        for name, pair in (("validation", validation), ("test", test)):
            if pair is not None:
                given[name] = as_pair(pair, name)
        first = given["train"][0]
        self.preprocess = as_steps(preprocess, [*parts(first)] if is_nest(first) else None)
        missing = takes_missing(self.preprocess)
        raw: dict[str, Split] = {}
        for name, (x, y) in given.items():
            raw[name] = checked_pair(x, y, name, missing)
            check_alike(raw[name], raw["train"], name)
        self.name: str | None = None
        # A tuple, or by output a dict: typed so that those who know which need not say it.
        self.class_names: Any = check_class_names(class_names, {name: y for name, (_, y) in raw.items()})
        self.input_spec = InputSpec.of(raw["train"][0])
        _require_numbers(raw["train"][0], self.preprocess)
        self._splits: dict[str, Split] = raw if self.preprocess is None else _preprocessed(raw, self.preprocess)

    @classmethod
    def from_npz(
        cls,
        path: PathLike,
        preprocess: Preprocess | None = None,
        class_names: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Data:
        """Read ``x_train``, ``y_train`` and, where they are there, ``x_validation`` (or ``x_val``), ``x_test``, ….

        Parameters
        ----------
        path : path-like
            An ``.npz`` archive; ``x`` and ``y`` are also taken for the training samples. ``class_names``, an array of
            text, is used when the argument is not given. Several inputs or targets have their names at the end:
            ``x_train_user``, ``y_train_kind``, ``class_names_kind``.
        preprocess, class_names
            As for :class:`Data`.
        max_bytes : int
            Refuse an archive whose arrays are larger in total.

        Raises
        ------
        DataError
            When the archive cannot be read or lacks arrays.
        """
        splits, names = read_npz_splits(path, max_bytes)
        given = names if class_names is None else class_names
        return cls(splits["train"], splits.get("validation"), splits.get("test"), preprocess, given)

    @classmethod
    def from_npy(
        cls,
        x_train: PathLike,
        y_train: PathLike,
        x_validation: PathLike | None = None,
        y_validation: PathLike | None = None,
        x_test: PathLike | None = None,
        y_test: PathLike | None = None,
        *,
        validation: float = 0.0,
        test: float = 0.0,
        mmap: bool = True,
        preprocess: Preprocess | None = None,
        class_names: Sequence[str] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Data:
        """Read ``.npy`` files, by default without loading them: rows come from disk when a batch needs them.

        Parameters
        ----------
        x_train, y_train, x_validation, y_validation, x_test, y_test : path-like
            The files; those of a split come in pairs.
        validation, test : float in [0, 1)
            Shares of the training samples to cut off where there are no files of that split: the last ones are for
            testing, those before them for validation. Samples are not shuffled, so that they need not be loaded.
        mmap : bool
            Map files of bool, uint8, int32, int64, float32 and float64 into memory, read-only. They must not be changed
            in the meantime. They are read through once, to check that all numbers are finite.
        preprocess, class_names
            As for :class:`Data`. What preprocessing makes is an array in memory: do with layers (``Rescaling``,
            ``Flatten``) what shall not be loaded.
        max_bytes : int
            Refuse a file that is larger, unless it is mapped.

        Raises
        ------
        DataError
            When a file cannot be read, or one of a pair is missing.
        """
        files = {"train": (x_train, y_train), "validation": (x_validation, y_validation), "test": (x_test, y_test)}
        found = read_npy_splits(files, {"test": test, "validation": validation}, max_bytes, mmap)
        return cls(found["train"], found.get("validation"), found.get("test"), preprocess, class_names)

    @classmethod
    def from_csv(
        cls,
        path: PathLike,
        label: str,
        *,
        task: str | None = None,
        categorical: Collection[str] = (),
        ignore: Collection[str] = (),
        missing: Sequence[str] = MISSING,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        stratify: bool | None = None,
        preprocess: Preprocess | None = None,
        delimiter: str | None = None,
        decimal: str = ".",
        encoding: str = "utf-8",
        max_bytes: int = MAX_BYTES,
    ) -> Data:
        """Read a table of numbers and texts, whose first line names the columns.

        Parameters
        ----------
        path : path-like
            A CSV file: fields separated by comma, semicolon, tab or bar, quoted where they hold one.
        label : str
            The column to predict. Texts become classes, with `class_names`.
        task : "classification" or "regression", optional
            Default: classification for texts and for at most 20 different whole numbers, each ten times as often on
            average; else regression.
        categorical : collection of str
            Columns that are categories although they look like numbers.
        ignore : collection of str
            Columns that are not read.
        missing : sequence of str
            Texts that stand for a missing value.
        validation, test, seed, stratify
            As for :func:`nbnet.data.split`, which cuts the rows.
        preprocess : callable or list, optional
            Default: ``Tabular()``, which fills in missing numbers, standardizes numbers and one-hot encodes texts.
            Steps that do not begin with a ``Tabular`` come after it.
        delimiter, decimal, encoding, max_bytes
            As for :func:`nbnet.data.read_csv`.

        Returns
        -------
        Data
            `input_spec` says how the file was read: ``nbnet predict`` reads other files in the same way.

        Raises
        ------
        DataError
            When the file cannot be read; with the line, where there is one.
        """
        x, y, spec = read_labelled_csv(
            path, label, task, categorical, ignore, missing, delimiter, decimal, encoding, max_bytes
        )
        step = as_step(preprocess)
        first = step.steps[0] if isinstance(step, Pipeline) else step
        steps = Tabular() if step is None else step if isinstance(first, Tabular) else [Tabular(), step]
        data = cls(*split(x, y, validation, test, seed, stratify), steps, spec.classes)
        data.input_spec = replace(data.input_spec, table=spec)
        return data

    @classmethod
    def from_folder(
        cls,
        path: PathLike,
        size: tuple[int, int] = (28, 28),
        color: str | None = None,
        *,
        validation: float = 0.15,
        test: float = 0.15,
        seed: int = 0,
        stratify: bool | None = None,
        preprocess: Preprocess | None = None,
        skip_damaged: bool = False,
        max_bytes: int = MAX_BYTES,
    ) -> Data:
        """Read image files, a sub-folder for each class.

        Parameters
        ----------
        path : path-like
            ``path/cat/1.png``, ``path/dog/1.jpg``, …; or with sub-folders ``train``, and if they are there
            ``validation`` (or ``val``, ``valid``) and ``test``, each of which has a sub-folder for each class.
        size : tuple (height, width) of int
            What every image is resized to.
        color : "grayscale", "rgb", "rgba" or None
            Samples of shape (height, width), (height, width, 3) or (height, width, 4). None: grayscale, with a warning
            when images are in colour.
        validation, test, seed, stratify
            As for :func:`nbnet.data.split`, where the folder has no splits of its own.
        preprocess
            As for :class:`Data`.
        skip_damaged : bool
            Leave images out that cannot be read, with a warning that counts them. Otherwise the first one is an error.
        max_bytes : int
            Refuse a folder whose images would need more memory.

        Returns
        -------
        Data
            x : uint8, 0 (black) to 255 (white); y : int64; `class_names` are the names of the sub-folders, sorted.

        Raises
        ------
        DataError
            When a folder has no image, or an image cannot be read.
        """
        images = read_image_splits(path, size, color, validation, test, seed, stratify, skip_damaged, max_bytes)
        data = cls(images.train, images.validation, images.test, preprocess, images.class_names)
        # What black and white are in a file, and not only the darkest and the lightest pixel seen in training.
        data.input_spec = replace(data.input_spec, minimum=0.0, maximum=255.0)
        return data

    @property
    def train(self) -> Split:
        """Inputs and labels to train on."""
        return self._splits["train"]

    @property
    def validation(self) -> Split | None:
        """Inputs and labels that choose the best weights."""
        return self._splits.get("validation")

    @property
    def test(self) -> Split | None:
        """Inputs and labels for one final reading."""
        return self._splits.get("test")

    @property
    def splits(self) -> dict[str, Split]:
        """Name → (x, y) of the splits that there are."""
        return dict(self._splits)

    @property
    def input_shape(self) -> Any:
        """Shape of one sample as the network gets it; a dict, or a list, of shapes where there are several inputs."""
        x = self.train[0]
        shapes = {name: item.shape[1:] for name, item in parts(x).items()}
        return shapes if isinstance(x, dict) else list(shapes.values()) if isinstance(x, tuple) else x.shape[1:]

    def __repr__(self) -> str:
        """A summary: one line for each split."""
        names = self.class_names or {}
        by_output = names if isinstance(names, dict) else {"": names}
        head = "; ".join(_classes(item, output) for output, item in by_output.items())
        lines = ["Data" + (f": {head}" if head else "")]
        counts = {name: f"{len(next(iter(parts(x).values()))):,}" for name, (x, _) in self._splits.items()}
        width = max(map(len, counts.values()))
        lines += [
            f"  {name:10} {counts[name]:>{width}} samples  x {_form(x)}  y {_form(y)}"
            for name, (x, y) in self._splits.items()
        ]
        if self.preprocess is not None:
            lines.append(f"  preprocess {self.preprocess!r}")
        return "\n".join(lines)


def _require_numbers(x: Any, step: Callable[[Any], Any] | None) -> None:
    """Refuse a table that no step makes numbers of."""
    for name, item in parts(x).items():
        if isinstance(item, Table) and (name not in step.steps if isinstance(step, PerInput) else step is None):
            wanted = f"{{{name!r}: Tabular()}}" if name else "Tabular()"
            raise DataError(
                f"Data: a Table becomes numbers by preprocess={wanted} of nbnet.preprocessing; received no step for "
                f"x{of(name)}."
            )


def _preprocessed(raw: dict[str, Split], step: Callable[[Any], Any]) -> dict[str, Split]:
    """All splits with preprocessed inputs; what the step learns, it learns from the training inputs."""
    if isinstance(step, Step) and not step.fitted:
        step.fit(raw["train"][0])
    done = {name: (applied(step, x, name), y) for name, (x, y) in raw.items()}
    for name, pair in done.items():
        check_alike(pair, done["train"], f"{name}, preprocessed")
    return done


def _form(nest: Any) -> str:
    """Shape and dtype of the samples of each array."""
    return ", ".join(f"{name} {item.shape[1:]} {item.dtype}".lstrip() for name, item in parts(nest).items())


def _classes(names: Sequence[str], output: str) -> str:
    """Class names of an output in one line, shortened when there are many."""
    shown = ", ".join(names) if len(names) <= 10 else ", ".join([*names[:4], "…", names[-1]])
    return f"{output} {len(names)} classes ({shown})".lstrip()
