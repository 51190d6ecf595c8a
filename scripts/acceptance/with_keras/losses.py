"""Losses beside those of Keras: values, reductions, weights of samples, gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from acceptance import own, samples, targets
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.targets import Targets
from acceptance.with_keras import peer
from nbnet import losses as nb

kl = keras.losses
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none")


def case(
    label: str,
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    made: Targets,
    known: Known | None = None,
    shapes: tuple[tuple[int, ...], ...] = ((8, 5), (4, 3, 5)),
) -> Case:
    """All reductions with and without weights, and the gradient by the predictions."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        forward, gradient, restored = [], [], []
        for shape in shapes:
            y_true, y_pred = made(shape, dtype)
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
            restored.append(error(own.values(own.restored(own_losses[0]), y_true, y_pred, weights), expected[1]))
        return {"forward": max(forward), "gradient": max(gradient), "restored": max(restored)}

    return Case(label, compare, known)


def axis_case(label: str, ours: Callable[..., Any], theirs: Callable[..., Any], made: Targets, axis: int) -> Case:
    """The default reduction with classes on another axis."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = made((4, 3, 5), dtype)
        y_pred = np.moveaxis(y_pred, -1, axis)
        y_true = np.moveaxis(y_true, -1, axis) if y_true.ndim == y_pred.ndim else y_true
        y, slope = own.value_and_gradients(ours(axis=axis), [y_true, y_pred], [1])
        expected, wanted = peer.value_and_gradients(theirs(axis=axis), [y_true, y_pred], [1])
        return {"forward": error(y, expected), "gradient": errors(slope, wanted)}

    return Case(label, compare)


def spread_weights() -> Case:
    """Weights of samples that stand for several values each; Keras wants them of shape (4, 1)."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = targets.real((4, 3, 5), dtype)
        weights = np.array([0.5, 1, 2, 0.25], dtype)
        found, expected = [], []
        for name in ("sum_over_batch_size", "sum", "none"):
            ours = nb.MeanSquaredError(reduction=name)
            found.append(own.values(ours, y_true, y_pred, weights))
            expected.append(np.asarray(kl.MeanSquaredError(reduction=name)(y_true, y_pred, weights[:, None])))
        return {"forward": errors(found, expected)}

    return Case("weights of shape (4,) for values of shape (4, 3)", compare)


def spread_mean() -> Case:
    """The mean by such weights: Keras' sum of weights counts one that stands for 3 values once."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = targets.real((4, 3, 5), dtype)
        weights = np.array([0.5, 1, 2, 0.25], dtype)
        ours, theirs = (lib.MeanSquaredError(reduction="mean_with_sample_weight") for lib in (nb, kl))
        found = own.values(ours, y_true, y_pred, weights)
        return {"forward": error(found * 3, np.asarray(theirs(y_true, y_pred, weights[:, None])))}

    return Case("mean_with_sample_weight, times 3", compare)


def with_logits(name: str, made: Targets, smooths: bool = False) -> list[Case]:
    """A cross-entropy of probabilities, of logits, and smoothed."""
    ours, theirs, logits = getattr(nb, name), getattr(kl, name), targets.scores_for(made)
    found = [variant(name, ours, theirs, made), variant(name, ours, theirs, logits, from_logits=True)]
    if smooths:
        found.append(variant(name, ours, theirs, made, label_smoothing=0.1))
        found.append(variant(name, ours, theirs, logits, label_smoothing=0.2, from_logits=True))
    return found


def variant(name: str, ours: Any, theirs: Any, made: Targets, known: Known | None = None, **arguments: Any) -> Case:
    """The same arguments on both sides."""
    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return case(
        f"{name}({told}) of {made.__name__}",
        lambda **more: ours(**arguments, **more),
        lambda **more: theirs(**arguments, **more),
        made,
        known,
    )


def same(name: str, *made: Targets, **arguments: Any) -> list[Case]:
    """One with the same name and arguments in both libraries."""
    return [variant(name, getattr(nb, name), getattr(kl, name), item, **arguments) for item in made]


def ignoring() -> Case:
    """A class that does not count."""
    name = "SparseCategoricalCrossentropy"
    return variant(name, getattr(nb, name), getattr(kl, name), targets.partly_ignored, ignore_class=255)


TABLE: Mapping[str, Entry] = {
    "mse": [*same("MeanSquaredError", targets.real), spread_weights(), spread_mean()],
    "mae": same("MeanAbsoluteError", targets.real),
    "mape": same("MeanAbsolutePercentageError", targets.positive, targets.real),
    "msle": same("MeanSquaredLogarithmicError", targets.positive, targets.real),
    "huber": [*same("Huber", targets.real), *same("Huber", targets.real, delta=0.5)],
    "log_cosh": same("LogCosh", targets.real),
    "hinge": same("Hinge", targets.signs, targets.binary),
    "squared_hinge": same("SquaredHinge", targets.signs, targets.binary),
    "categorical_hinge": same("CategoricalHinge", targets.one_hot),
    "kl_divergence": same("KLDivergence", targets.soft, targets.one_hot),
    "poisson": same("Poisson", targets.positive),
    "cosine_similarity": [
        *same("CosineSimilarity", targets.real),
        axis_case("CosineSimilarity(axis=1)", nb.CosineSimilarity, kl.CosineSimilarity, targets.real, 1),
    ],
    "binary_crossentropy": [
        *with_logits("BinaryCrossentropy", targets.binary, smooths=True),
        axis_case("BinaryCrossentropy(axis=1)", nb.BinaryCrossentropy, kl.BinaryCrossentropy, targets.binary, 1),
    ],
    "categorical_crossentropy": [
        *with_logits("CategoricalCrossentropy", targets.one_hot, smooths=True),
        *with_logits("CategoricalCrossentropy", targets.soft),
        axis_case(
            "CategoricalCrossentropy(axis=1)",
            nb.CategoricalCrossentropy,
            kl.CategoricalCrossentropy,
            targets.one_hot,
            1,
        ),
    ],
    "sparse_categorical_crossentropy": [*with_logits("SparseCategoricalCrossentropy", targets.classes), ignoring()],
    "binary_focal_crossentropy": [
        *with_logits("BinaryFocalCrossentropy", targets.binary, smooths=True),
        *same("BinaryFocalCrossentropy", targets.binary, apply_class_balancing=True, alpha=0.3, gamma=1.5),
    ],
    "categorical_focal_crossentropy": [
        *with_logits("CategoricalFocalCrossentropy", targets.one_hot, smooths=True),
        *same("CategoricalFocalCrossentropy", targets.one_hot, alpha=0.4, gamma=1.0),
    ],
}
