"""``nbnet.Data``: the training, validation and test samples of one task, checked when they come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbnet.data.arrays import checked_array
from nbnet.data.npz import read_npz
from nbnet.data.reading import MAX_BYTES, PathLike
from nbnet.data.spec import InputSpec
from nbnet.errors import DataError
from nbnet.preprocessing.pipeline import as_step
from nbnet.preprocessing.step import Step

__all__ = ["Data"]

Split = tuple[np.ndarray, np.ndarray]
_VALIDATION_NAMES = ("validation", "val", "valid")


class Data:
    """What a network is trained, validated and tested on.

    Parameters
    ----------
    train : tuple (x, y)
        Inputs, shape (N, ...), and labels or targets, shape (N,) or (N, ...). Arrays or nested lists of numbers.
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
        preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        raw = {"train": _pair(train, "train")}
        for name, given in (("validation", validation), ("test", test)):
            if given is not None:
                raw[name] = _pair(given, name)
                _check_alike(raw[name], raw["train"], name)
        self.name: str | None = None
        self.class_names = _class_names(class_names, raw)
        self.input_spec = InputSpec.of(raw["train"][0])
        self.preprocess = as_step(preprocess)
        self._splits = raw if self.preprocess is None else self._preprocessed(raw, self.preprocess)

    @classmethod
    def from_npz(
        cls,
        path: PathLike,
        preprocess: Callable[[np.ndarray], np.ndarray] | Sequence[Any] | None = None,
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

    @staticmethod
    def _preprocessed(raw: dict[str, Split], step: Callable[[np.ndarray], np.ndarray]) -> dict[str, Split]:
        """All splits with preprocessed inputs; what the step learns, it learns from the training inputs."""
        if isinstance(step, Step) and not step.fitted:
            step.fit(raw["train"][0])
        done = {name: (_applied(step, x, name), y) for name, (x, y) in raw.items()}
        for name, pair in done.items():
            _check_alike(pair, done["train"], f"{name}, preprocessed")
        return done


def _pair(given: Any, name: str) -> Split:
    """The two checked arrays of one split."""
    if isinstance(given, np.ndarray) or not isinstance(given, (tuple, list)) or len(given) != 2:
        what = f"{len(given)} items" if isinstance(given, (tuple, list)) else type(given).__name__
        raise DataError(f"Data: expected {name}=(x, y), inputs and labels; received {what}.")
    x, y = checked_array(given[0], f"{name} x"), checked_array(given[1], f"{name} y")
    if len(x) != len(y):
        raise DataError(
            f"Data: expected as many inputs as labels in {name}; received {len(x)} inputs {x.shape} and {len(y)} "
            f"labels {y.shape}."
        )
    return x, y


def _check_alike(pair: Split, train: Split, name: str) -> None:
    """Refuse a split whose samples have other shapes than the training samples."""
    for letter, array, first in zip("xy", pair, train, strict=True):
        if array.shape[1:] != first.shape[1:]:
            raise DataError(
                f"Data: expected {name} {letter} with samples of shape {first.shape[1:]}, as in train; received "
                f"{array.shape[1:]} ({array.shape} in all)."
            )


def _applied(step: Callable[[np.ndarray], np.ndarray], x: np.ndarray, name: str) -> np.ndarray:
    """Preprocessed inputs, checked again."""
    result = step(x)
    if result is None:
        raise DataError(f"Data: preprocess {step!r} returned None for {name} x; it must return the new array.")
    array = checked_array(result, f"{name} x, preprocessed by {step!r},")
    if len(array) != len(x):
        raise DataError(
            f"Data: preprocess {step!r} must keep the number of samples; it made {len(array)} of {len(x)} in {name}. "
            "It receives all samples of a split at once, shape (N, ...)."
        )
    return array


def _class_names(given: Sequence[str] | None, splits: dict[str, Split]) -> tuple[str, ...] | None:
    """The names as a tuple, compared with the labels."""
    if given is None:
        return None
    names = tuple(given) if not isinstance(given, str) else ()
    if not names or not all(isinstance(name, str) and name for name in names):
        raise DataError(
            f"Data: expected class_names as a sequence of names, such as ['cat', 'dog']; received {given!r:.60}."
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Data: class_names has {twice!r} more than once.")
    for split, (_, y) in splits.items():
        if y.ndim == 2 and y.shape[1] > 1 and y.shape[1] != len(names):
            raise DataError(f"Data: {split} y has {y.shape[1]} columns; class_names has {len(names)} names.")
        if y.dtype.kind in "iu" and (y.ndim == 1 or y.shape[1:] == (1,)) and y.max() >= len(names):
            sample = int(np.argmax(y))
            raise DataError(
                f"Data: expected labels 0 to {len(names) - 1} for {len(names)} class_names; {split} y has {y.max()} at "
                f"sample {sample}. Labels are counted from 0."
            )
    return tuple(str(name) for name in names)


def _listed(names: Sequence[str]) -> str:
    """Class names in one line, shortened when there are many."""
    shown = ", ".join(names) if len(names) <= 10 else ", ".join([*names[:4], "…", names[-1]])
    return f"{len(names)} classes ({shown})"


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
