"""Random targets and predictions, of the kinds that losses and metrics take."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from acceptance import samples

Targets = Callable[[tuple[int, ...], str], tuple[np.ndarray, np.ndarray]]


def _rng(shape: tuple[int, ...]) -> np.random.Generator:
    return samples.generator(3, *shape)


def real(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of any sign."""
    rng = _rng(shape)
    return (2 * rng.normal(size=shape)).astype(dtype), (2 * rng.normal(size=shape)).astype(dtype)


def positive(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Both above 0."""
    rng = _rng(shape)
    return rng.uniform(0.1, 4, shape).astype(dtype), rng.uniform(0.1, 4, shape).astype(dtype)


def binary(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """0 and 1 beside probabilities."""
    rng = _rng(shape)
    return rng.integers(0, 2, shape).astype(dtype), rng.uniform(0.02, 0.98, shape).astype(dtype)


def signs(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """-1 and 1 beside scores."""
    rng = _rng(shape)
    return (2 * rng.integers(0, 2, shape) - 1).astype(dtype), (2 * rng.normal(size=shape)).astype(dtype)


def one_hot(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """One-hot rows beside probabilities."""
    rng = _rng(shape)
    labels = rng.integers(0, shape[-1], shape[:-1])
    return np.eye(shape[-1])[labels].astype(dtype), rng.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(dtype)


def soft(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities on both sides."""
    rng = _rng(shape)
    y_true, y_pred = (rng.dirichlet(3 * np.ones(shape[-1]), shape[:-1]) for _ in range(2))
    return y_true.astype(dtype), y_pred.astype(dtype)


def scores_for(targets: Targets) -> Targets:
    """The same targets beside logits."""

    def made(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
        y_true, y_pred = targets(shape, dtype)
        return y_true, (3 * _rng(shape).normal(size=y_pred.shape)).astype(dtype)

    made.__name__ = f"scores for {targets.__name__}"
    return made


def classes(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers beside probabilities."""
    y_true, y_pred = one_hot(shape, dtype)
    return y_true.argmax(axis=-1).astype("int32"), y_pred


def partly_ignored(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers, of which each third is 255, beside probabilities."""
    y_true, y_pred = classes(shape, dtype)
    y_true[..., ::3] = 255
    return y_true, y_pred
