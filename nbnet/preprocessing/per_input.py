"""PerInput: steps for a model with several inputs, each for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nbnet.errors import DataError
from nbnet.preprocessing.nest import is_nest, parts, with_parts
from nbnet.preprocessing.pipeline import Preprocess, as_step, takes_missing
from nbnet.preprocessing.step import Step
from nbnet.preprocessing.tabular import Tabular

__all__ = ["PerInput", "as_steps", "preprocessed"]


class PerInput(Step):
    """Apply a step to each of several inputs; inputs without a step stay as they are.

    ``nbnet.Data`` makes one of ``preprocess={"age": Standardize()}``.

    Parameters
    ----------
    steps : mapping of str to callable or list
        Name of an input → its step, function, or list of them, which becomes a ``Pipeline``. The inputs in a tuple are
        called input_1, input_2, ….

    Raises
    ------
    DataError
        When something is no step, or a ``PerInput`` itself.

    Examples
    --------
    >>> from nbnet.preprocessing import Rescale
    >>> step = PerInput({"image": Rescale(1 / 255)})
    >>> {name: x.tolist() for name, x in step({"image": np.array([[255.0]]), "label": np.array([3])}).items()}
    {'image': [[1.0]], 'label': [3]}
    """

    def __init__(self, steps: Mapping[str, Any]) -> None:
        if not isinstance(steps, Mapping):
            raise DataError(f"PerInput expects steps by the names of the inputs; received {steps!r:.60}.")
        self.steps: dict[str, Preprocess] = {}
        for name, given in steps.items():
            if not isinstance(name, str) or not name:
                raise DataError(f"PerInput expects texts as names of inputs; received {name!r:.60}.")
            step = as_step(given)
            if isinstance(step, PerInput):
                raise DataError(f"PerInput expects steps for one input each; {name!r} has {step!r:.60}.")
            if step is not None:
                self.steps[name] = step

    @property
    def fitted(self) -> bool:
        """Whether every step is."""
        return all(step.fitted for step in self.steps.values() if isinstance(step, Step))

    @property
    def takes_missing(self) -> frozenset[str]:  # type: ignore[override]
        """The names of the inputs that may lack values."""
        return frozenset(name for name, step in self.steps.items() if takes_missing(step))

    def fit(self, x: Any) -> PerInput:
        """Fit the steps that are not fitted yet, each to its input.

        Parameters
        ----------
        x : dict or tuple of ndarray, shapes (N, ...)

        Returns
        -------
        PerInput
            The step itself.
        """
        given = self._named(tuple(x) if isinstance(x, list) else x)
        for name, step in self.steps.items():
            if isinstance(step, Step) and not step.fitted:
                step.fit(given[name])
        return self

    def __call__(self, x: Any) -> Any:
        """The inputs after their steps.

        Parameters
        ----------
        x : dict or tuple of ndarray, shapes (N, ...)

        Returns
        -------
        dict or tuple of ndarray, shapes (N, ...)

        Raises
        ------
        DataError
            When an input is not there.
        """
        x = tuple(x) if isinstance(x, list) else x
        given = self._named(x)
        made = {
            name: np.asarray(self.steps[name](item)) if name in self.steps else item for name, item in given.items()
        }
        return with_parts(x, made)

    def get_config(self) -> dict[str, Any]:
        """The steps as objects; ``nbnet.preprocessing.serialize`` writes each in turn."""
        return {"steps": dict(self.steps)}

    def __repr__(self) -> str:
        """The steps by name."""
        return f"{{{', '.join(f'{name}: {step!r}' for name, step in self.steps.items())}}}"

    def _named(self, x: Any) -> dict[str, Any]:
        """The inputs by name, among them all that have steps."""
        if not is_nest(x):
            raise DataError(
                f"Preprocessing by input expects inputs in a dict with {', '.join(self.steps) or 'their names'}; "
                f"received {type(x).__name__}."
            )
        given = parts(x)
        _check_names(self.steps, given, "Preprocessing")
        return given


def as_steps(preprocess: Any, names: Sequence[str] | None) -> Preprocess | None:
    """What ``preprocess=`` was given, as one callable of what a network is given.

    Parameters
    ----------
    preprocess : callable, list, mapping or None
        A mapping of names to steps where there are several inputs.
    names : sequence of str or None
        Of the inputs; None where there is one alone.

    Returns
    -------
    callable or None
        A ``PerInput`` where there are several inputs.

    Raises
    ------
    DataError
        When it is no preprocessing, or does not say which step is for which input.
    """
    by_input = isinstance(preprocess, (Mapping, PerInput))
    if names is None:
        if by_input:
            raise DataError(
                f"Data has one input: expected preprocess as a step, or a list; received {preprocess!r:.80}."
            )
        return as_step(preprocess)
    if preprocess is None or (by_input and not preprocess):
        return None
    if not by_input:
        raise DataError(
            f"Data has the inputs {', '.join(names)}; preprocess={preprocess!r:.60} does not say which of them it is "
            f"for. Give a dict, such as preprocess={{{names[0]!r}: ...}}; inputs without a step stay as they are."
            + (" The columns of one table are given as nbnet.preprocessing.Table(x)." * isinstance(preprocess, Tabular))
        )
    found = preprocess if isinstance(preprocess, PerInput) else PerInput(preprocess)
    _check_names(found.steps, names, "Data: preprocess")
    return found if found.steps else None


def preprocessed(preprocess: Preprocess | None, x: Any) -> Any:
    """Inputs after preprocessing, as arrays.

    Parameters
    ----------
    preprocess : callable or None
        Fitted.
    x : ndarray, Table, or dict or tuple of them

    Returns
    -------
    ndarray, or dict or tuple of ndarray
    """
    if preprocess is None:
        return x
    made = preprocess(x)
    return made if is_nest(made) else np.asarray(made)


def _check_names(steps: Mapping[str, Any], names: Any, where: str) -> None:
    """Refuse a step for an input that is not there."""
    for name in steps:
        if name not in names:
            hint = " Give inputs as a dict to name them." if "input_1" in names else ""
            raise DataError(f"{where} has a step for the input {name!r}; the inputs are {', '.join(names)}.{hint}")
