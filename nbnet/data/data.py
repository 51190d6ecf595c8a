"""``nbnet.Data``: the training, validation and test samples of one task, checked when they come in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nbnet.data.checked_splits import Raw, Split, applied, check_alike, check_class_names, checked_pair
from nbnet.data.image_folder import read_image_splits
from nbnet.data.labelled_csv import read_labelled_csv
from nbnet.data.npy_splits import read_npy_splits
from nbnet.data.npz import read_npz
from nbnet.data.reading import MAX_BYTES, PathLike
from nbnet.data.spec import InputSpec
from nbnet.data.split import split
from nbnet.data.table_spec import MISSING
from nbnet.errors import DataError
from nbnet.preprocessing.pipeline import Pipeline, as_step, takes_missing
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.table import Table
from nbnet.preprocessing.tabular import Tabular

__all__ = ["Data"]

Preprocess = Callable[[np.ndarray], np.ndarray] | Sequence[Any]
_VALIDATION_NAMES = ("validation", "val", "valid")


class Data:
    """What a network is trained, validated and tested on.

    Parameters
    ----------
    train : tuple (x, y)
        Inputs, shape (N, ...), and labels or targets, shape (N,) or (N, ...). Arrays or nested lists of numbers; inputs
        may be a ``nbnet.preprocessing.Table``, with ``Tabular`` in `preprocess`, and hold NaN, with ``Impute`` there.
    validation, test : tuple (x, y), optional
        Samples of the same shapes. Validation samples choose the best weights; test samples are for one final reading.
    preprocess : callable or list, optional
        Applied to the inputs of every split, e.g. ``Standardize()`` or ``[Flatten(), Standardize()]`` from
        ``nbnet.preprocessing``. A step that learns from data is fitted on the training inputs only, unless it is fitted
        already. Steps are stored in a saved model and applied to later inputs; any other callable, taking and returning
        an array (N, ...), works as long as the program runs, but is not stored.
    class_names : sequence of str, optional
        The name of class 0, class 1, ….

    Attributes
    ----------
    train : tuple (x, y)
        Preprocessed, as the network gets them; likewise `validation` and `test`, which may be None.
    preprocess : callable or None
        As given, fitted; a list has become a ``Pipeline``.
    class_names : tuple of str or None
    name : str or None
        The name of the data set, where it has one in the registry; a data set's function sets it.
    input_spec : InputSpec
        Shape, dtype and range of the training inputs before preprocessing.

    Raises
    ------
    DataError
        When a split is not a pair, is empty, differs in length or sample shape, is not numeric or holds NaN or
        infinity; when `preprocess` fails or changes the number of samples; when labels exceed `class_names`.

    Examples
    --------
    >>> x, y = np.arange(24.0).reshape(8, 3), np.arange(8) % 2
    >>> Data((x, y), class_names=["even", "odd"])
    Data: 2 classes (even, odd)
      train      8 samples  x (3,) float64  y () int64
    """

    def __init__(
        self,
        train: tuple[Any, Any],
        validation: tuple[Any, Any] | None = None,
        test: tuple[Any, Any] | None = None,
        preprocess: Preprocess | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self.preprocess = as_step(preprocess)
        missing = takes_missing(self.preprocess)
        raw = {"train": checked_pair(train, "train", missing)}
        for name, given in (("validation", validation), ("test", test)):
            if given is not None:
                raw[name] = checked_pair(given, name, missing)
                check_alike(raw[name], raw["train"], name)
        self.name: str | None = None
        self.class_names = check_class_names(class_names, {name: y for name, (_, y) in raw.items()})
        self.input_spec = InputSpec.of(raw["train"][0])
        if self.preprocess is None and isinstance(raw["train"][0], Table):
            raise DataError(
                "Data: a Table becomes numbers by preprocess=Tabular() of nbnet.preprocessing; received None."
            )
        self._splits: dict[str, Split] = raw if self.preprocess is None else _preprocessed(raw, self.preprocess)

    @classmethod
    def from_npz(
        cls,
        path: PathLike,
        preprocess: Preprocess | None = None,
        class_names: Sequence[str] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Data:
        """Read ``x_train``, ``y_train`` and, where they are there, ``x_validation`` (or ``x_val``), ``x_test``, ….

        Parameters
        ----------
        path : path-like
            An ``.npz`` archive; ``x`` and ``y`` are also taken for the training samples. ``class_names``, an array of
            text, is used when the argument is not given.
        preprocess, class_names
            As for :class:`Data`.
        max_bytes : int
            Refuse an archive whose arrays are larger in total.

        Raises
        ------
        DataError
            When the archive cannot be read or lacks arrays.
        """
        arrays = read_npz(path, max_bytes=max_bytes)
        train = _named(arrays, ("train",), path) or _named(arrays, ("",), path)
        if train is None:
            raise DataError(
                f"'{path}': expected the arrays x_train and y_train (and x_validation, y_validation, x_test, y_test); "
                f"received {', '.join(arrays) or 'none'}. Write them with numpy.savez(path, x_train=..., y_train=...)."
            )
        names = arrays.get("class_names")
        if class_names is None and names is not None and names.dtype.kind in "SU":
            class_names = [str(name) for name in names.astype(str).reshape(-1)]
        validation, test = _named(arrays, _VALIDATION_NAMES, path), _named(arrays, ("test",), path)
        return cls(train, validation, test, preprocess, class_names)

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
        color: str = "grayscale",
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
        color : "grayscale", "rgb" or "rgba"
            Samples of shape (height, width), (height, width, 3) or (height, width, 4).
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
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample as the network gets it."""
        return self.train[0].shape[1:]

    def __repr__(self) -> str:
        """A summary: one line for each split."""
        lines = ["Data" + (f": {_listed(self.class_names)}" if self.class_names else "")]
        width = max(len(f"{len(x):,}") for x, _ in self._splits.values())
        lines += [
            f"  {name:10} {len(x):>{width},} samples  x {x.shape[1:]} {x.dtype}  y {y.shape[1:]} {y.dtype}"
            for name, (x, y) in self._splits.items()
        ]
        if self.preprocess is not None:
            lines.append(f"  preprocess {self.preprocess!r}")
        return "\n".join(lines)


def _preprocessed(raw: dict[str, Raw], step: Callable[[np.ndarray], np.ndarray]) -> dict[str, Split]:
    """All splits with preprocessed inputs; what the step learns, it learns from the training inputs."""
    if isinstance(step, Step) and not step.fitted:
        step.fit(raw["train"][0])
    done = {name: (applied(step, x, name), y) for name, (x, y) in raw.items()}
    for name, pair in done.items():
        check_alike(pair, done["train"], f"{name}, preprocessed")
    return done


def _named(arrays: dict[str, np.ndarray], names: Sequence[str], path: PathLike) -> Split | None:
    """The first of ``(x_name, y_name)`` that there is; one without the other is an error."""
    for name in names:
        x, y = (f"{letter}_{name}" if name else letter for letter in "xy")
        if x in arrays and y in arrays:
            return arrays[x], arrays[y]
        if x in arrays or y in arrays:
            missing = y if x in arrays else x
            raise DataError(f"'{path}' has {x if x in arrays else y} but not {missing}; add it, or leave both out.")
    return None


def _listed(names: Sequence[str]) -> str:
    """Class names in one line, shortened when there are many."""
    shown = ", ".join(names) if len(names) <= 10 else ", ".join([*names[:4], "…", names[-1]])
    return f"{len(names)} classes ({shown})"
