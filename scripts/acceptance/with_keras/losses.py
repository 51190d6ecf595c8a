"""Losses beside those of Keras: values, reductions, weights of samples, gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import keras
import numpy as np

from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_keras import peer
from nbnet import losses as nb

kl = keras.losses
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none")
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

    return made


def classes(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers beside probabilities."""
    y_true, y_pred = one_hot(shape, dtype)
    return y_true.argmax(axis=-1).astype("int32"), y_pred


def case(
    label: str,
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    targets: Targets,
    known: Known | None = None,
    shapes: tuple[tuple[int, ...], ...] = ((8, 5), (4, 3, 5)),
) -> Case:
    """All reductions with and without weights, and the gradient by the predictions."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        forward, gradient = [], []
        for shape in shapes:
            y_true, y_pred = targets(shape, dtype)
            weights = samples.generator(4).uniform(0.2, 2, shape[:-1]).astype(dtype)
            own_losses = [ours(reduction=name) for name in REDUCTIONS]

            def every(t: Any, p: Any, w: Any, made: Any = own_losses) -> Any:
                return [value for loss in made for value in (loss(t, p), loss(t, p, w))]

            found = own.values(every, y_true, y_pred, weights)
            peers = [theirs(reduction=name) for name in REDUCTIONS]
            expected = [np.asarray(v) for loss in peers for v in (loss(y_true, y_pred), loss(y_true, y_pred, weights))]
            forward += [error(one, other) for one, other in zip(found, expected, strict=True)]
            _, slope = own.value_and_gradients(own_losses[0], [y_true, y_pred, weights], [1])
            _, wanted = peer.value_and_gradients(peers[0], [y_true, y_pred, weights], [1])
            gradient.append(errors(slope, wanted))
        return {"forward": max(forward), "gradient": max(gradient)}

    return Case(label, compare, known)


def axis_case(label: str, ours: Callable[..., Any], theirs: Callable[..., Any], targets: Targets, axis: int) -> Case:
    """The default reduction with classes on another axis."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = targets((4, 3, 5), dtype)
        y_pred = np.moveaxis(y_pred, -1, axis)
        y_true = np.moveaxis(y_true, -1, axis) if y_true.ndim == y_pred.ndim else y_true
        y, slope = own.value_and_gradients(ours(axis=axis), [y_true, y_pred], [1])
        expected, wanted = peer.value_and_gradients(theirs(axis=axis), [y_true, y_pred], [1])
        return {"forward": error(y, expected), "gradient": errors(slope, wanted)}

    return Case(label, compare)


def spread_weights() -> Case:
    """Weights of samples that stand for several values each."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = real((4, 3, 5), dtype)
        weights = np.array([0.5, 1, 2, 0.25], dtype)
        found, expected = [], []
        for name in ("sum_over_batch_size", "sum", "none"):
            ours = nb.MeanSquaredError(reduction=name)
            found.append(own.values(ours, y_true, y_pred, weights))
            expected.append(np.asarray(kl.MeanSquaredError(reduction=name)(y_true, y_pred, weights)))
        return {"forward": errors(found, expected)}

    return Case("weights of shape (4,) for values of shape (4, 3)", compare)


def spread_mean() -> Case:
    """The mean by weights of samples that stand for several values each."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = real((4, 3, 5), dtype)
        weights = np.array([0.5, 1, 2, 0.25], dtype)
        ours, theirs = (lib.MeanSquaredError(reduction="mean_with_sample_weight") for lib in (nb, kl))
        found = own.values(ours, y_true, y_pred, weights)
        return {"forward": error(found * 3, np.asarray(theirs(y_true, y_pred, weights)))}

    return Case("mean_with_sample_weight, times 3", compare)


def with_logits(name: str, targets: Targets, **more: Any) -> list[Case]:
    """A cross-entropy of probabilities, of logits, and smoothed."""
    ours, theirs = getattr(nb, name), getattr(kl, name)
    found = []
    for arguments in ({}, {"from_logits": True}, *([{"label_smoothing": 0.1}, {"label_smoothing": 0.2, "from_logits": True}] if more.get("smooths") else [])):
        found.append(variant(name, ours, theirs, scores_for(targets) if "from_logits" in arguments else targets, **arguments))
    return found


def variant(name: str, ours: Any, theirs: Any, targets: Targets, known: Known | None = None, **arguments: Any) -> Case:
    """The same arguments on both sides."""
    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return case(
        f"{name}({told})",
        lambda **more: ours(**arguments, **more),
        lambda **more: theirs(**arguments, **more),
        targets,
        known,
    )


def same(name: str, *targets: Targets, **arguments: Any) -> list[Case]:
    """One with the same name and arguments in both libraries."""
    return [variant(name, getattr(nb, name), getattr(kl, name), item, **arguments) for item in targets]


def ignoring() -> Case:
    """A class that does not count."""

    def targets(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
        y_true, y_pred = classes(shape, dtype)
        y_true[..., ::3] = 255
        return y_true, y_pred

    name = "SparseCategoricalCrossentropy"
    return variant(name, getattr(nb, name), getattr(kl, name), targets, ignore_class=255)


TABLE: Mapping[str, Entry] = {
    "mse": [*same("MeanSquaredError", real), spread_weights(), spread_mean()],
    "mae": same("MeanAbsoluteError", real),
    "mape": same("MeanAbsolutePercentageError", positive, real),
    "msle": same("MeanSquaredLogarithmicError", positive, real),
    "huber": [*same("Huber", real), *same("Huber", real, delta=0.5)],
    "log_cosh": same("LogCosh", real),
    "hinge": same("Hinge", signs, binary),
    "squared_hinge": same("SquaredHinge", signs, binary),
    "categorical_hinge": same("CategoricalHinge", one_hot),
    "kl_divergence": same("KLDivergence", soft, one_hot),
    "poisson": same("Poisson", positive),
    "cosine_similarity": [
        *same("CosineSimilarity", real),
        axis_case("CosineSimilarity(axis=1)", nb.CosineSimilarity, kl.CosineSimilarity, real, 1),
    ],
    "binary_crossentropy": [
        *with_logits("BinaryCrossentropy", binary, smooths=True),
        axis_case("BinaryCrossentropy(axis=1)", nb.BinaryCrossentropy, kl.BinaryCrossentropy, binary, 1),
    ],
    "categorical_crossentropy": [
        *with_logits("CategoricalCrossentropy", one_hot, smooths=True),
        *with_logits("CategoricalCrossentropy", soft),
        axis_case("CategoricalCrossentropy(axis=1)", nb.CategoricalCrossentropy, kl.CategoricalCrossentropy, one_hot, 1),
    ],
    "sparse_categorical_crossentropy": [*with_logits("SparseCategoricalCrossentropy", classes), ignoring()],
    "binary_focal_crossentropy": [
        *with_logits("BinaryFocalCrossentropy", binary, smooths=True),
        *same("BinaryFocalCrossentropy", binary, apply_class_balancing=True, alpha=0.3, gamma=1.5),
    ],
    "categorical_focal_crossentropy": [
        *with_logits("CategoricalFocalCrossentropy", one_hot, smooths=True),
        *same("CategoricalFocalCrossentropy", one_hot, alpha=0.4, gamma=1.0),
    ],
}
