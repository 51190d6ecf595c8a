"""Losses beside those of PyTorch where the definitions coincide: values, reductions, gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from acceptance import own, samples, targets
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry
from acceptance.targets import Targets
from acceptance.with_torch import peer
from nbnet import losses as nb

SHAPES = ((8, 5), (4, 3, 5))


def case(
    label: str,
    ours: Callable[..., Any],
    theirs: Callable[[torch.Tensor, torch.Tensor, str], torch.Tensor],
    made: Targets,
    sums: float = 1.0,
) -> Case:
    """Mean and sum of the values, and the gradient of the mean by the predictions.

    `theirs` takes predictions, targets and "mean" or "sum"; `sums` is by how much PyTorch's sum is larger.
    """

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        forward, gradient = [], []
        for shape in SHAPES:
            y_true, y_pred = made(shape, dtype)
            for name in ("mean", "sum"):
                one, other = scaled(ours(reduction=name), 1.0 if name == "mean" else sums), turned(theirs, name)
                y, slopes = own.value_and_gradients(one, [y_true, y_pred], [1])
                expected, wanted = peer.value_and_gradients(other, [y_true, y_pred], [1])
                forward.append(error(y, expected))
                gradient.append(errors(slopes, wanted))
        return {"forward": max(forward), "gradient": max(gradient)}

    return Case(label, compare)


def scaled(loss: Callable[..., Any], factor: float) -> Callable[..., Any]:
    """A loss times a number."""
    return lambda y_true, y_pred: loss(y_true, y_pred) * factor


def turned(loss: Callable[..., torch.Tensor], reduction: str) -> Callable[..., torch.Tensor]:
    """A loss of PyTorch that takes the targets first."""
    return lambda y_true, y_pred: loss(y_pred, y_true, reduction)


def by_element(name: str, made: Targets, theirs: Callable[..., torch.Tensor], **arguments: Any) -> Case:
    """One that PyTorch sums over all elements, and nbnet over the means of 5 of them."""
    return case(
        name,
        lambda **more: getattr(nb, name)(**arguments, **more),
        lambda p, t, reduction: theirs(p, t, reduction=reduction),
        made,
        sums=5.0,
    )


def classes_second(f: Callable[..., torch.Tensor], **arguments: Any) -> Callable[..., torch.Tensor]:
    """A loss of PyTorch that has the classes on the second axis, as one that has them on the last."""

    def moved(p: torch.Tensor, t: torch.Tensor, reduction: str) -> torch.Tensor:
        return f(torch.movedim(p, -1, 1), torch.movedim(t, -1, 1), reduction=reduction, **arguments)

    return moved


def of_numbers(p: torch.Tensor, t: torch.Tensor, reduction: str) -> torch.Tensor:
    """Cross-entropy of class numbers, some of which are ignored."""
    return F.cross_entropy(torch.movedim(p, -1, 1), t.long(), reduction=reduction, ignore_index=255)


def log_probabilities(p: torch.Tensor, t: torch.Tensor, reduction: str) -> torch.Tensor:
    """Minus the logarithm of a class's probability."""
    return F.nll_loss(torch.movedim(torch.log(p), -1, 1), t.long(), reduction=reduction)


def divergence(p: torch.Tensor, t: torch.Tensor, reduction: str) -> torch.Tensor:
    """PyTorch takes the mean over all elements: here over rows."""
    total = F.kl_div(torch.log(p), t, reduction="sum")
    return total / (p.numel() / p.shape[-1]) if reduction == "mean" else total


def angle(p: torch.Tensor, t: torch.Tensor, reduction: str) -> torch.Tensor:
    """1 - cos of rows, less 1."""
    found = F.cosine_similarity(p, t, dim=-1, eps=1e-7)
    return -(found.mean() if reduction == "mean" else found.sum())


def by_class_weights() -> Case:
    """Weights of classes, which PyTorch divides by, as weights of samples."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = targets.scores_for(targets.classes)((20, 5), dtype)
        weights = np.array([0.5, 1, 2, 4, 0.25], dtype)
        loss = nb.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight")
        y, slopes = own.value_and_gradients(lambda t, p, w: loss(t, p, w), [y_true, y_pred, weights[y_true]], [1])

        def theirs(t: torch.Tensor, p: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            return F.cross_entropy(p, t.long(), weight=w)

        expected, wanted = peer.value_and_gradients(theirs, [y_true, y_pred, weights], [1])
        return {"forward": error(y, expected), "gradient": errors(slopes, wanted)}

    return Case("SparseCategoricalCrossentropy with class weights", compare)


def by_sample_weights() -> Case:
    """Weights of samples, which PyTorch does not divide by."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        y_true, y_pred = targets.binary((8, 5), dtype)
        weights = samples.generator(4).uniform(0.2, 2, 8).astype(dtype)
        loss = nb.BinaryCrossentropy()
        y, slopes = own.value_and_gradients(lambda t, p, w: loss(t, p, w), [y_true, y_pred, weights], [1])

        def theirs(t: torch.Tensor, p: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
            return F.binary_cross_entropy(p, t, weight=w[:, None])

        expected, wanted = peer.value_and_gradients(theirs, [y_true, y_pred, weights], [1])
        return {"forward": error(y, expected), "gradient": errors(slopes, wanted)}

    return Case("BinaryCrossentropy with sample weights", compare)


TABLE: Mapping[str, Entry] = {
    "mse": [by_element("MeanSquaredError", targets.real, F.mse_loss)],
    "mae": [by_element("MeanAbsoluteError", targets.real, F.l1_loss)],
    "huber": [
        by_element("Huber", targets.real, F.huber_loss),
        by_element("Huber", targets.real, lambda p, t, reduction: F.huber_loss(p, t, reduction, 0.5), delta=0.5),
    ],
    "poisson": [
        by_element(
            "Poisson",
            targets.positive,
            lambda p, t, reduction: F.poisson_nll_loss(p, t, False, reduction=reduction, eps=1e-7),
        )
    ],
    "binary_crossentropy": [
        by_element("BinaryCrossentropy", targets.binary, F.binary_cross_entropy),
        by_element(
            "BinaryCrossentropy",
            targets.scores_for(targets.binary),
            F.binary_cross_entropy_with_logits,
            from_logits=True,
        ),
        by_sample_weights(),
    ],
    "categorical_crossentropy": [
        case(
            f"CategoricalCrossentropy(from_logits=True) of {made.__name__}",
            lambda **more: nb.CategoricalCrossentropy(from_logits=True, **more),
            classes_second(F.cross_entropy),
            targets.scores_for(made),
        )
        for made in (targets.one_hot, targets.soft)
    ]
    + [
        case(
            "CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)",
            lambda **more: nb.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1, **more),
            classes_second(F.cross_entropy, label_smoothing=0.1),
            targets.scores_for(targets.one_hot),
        )
    ],
    "sparse_categorical_crossentropy": [
        case(
            "SparseCategoricalCrossentropy(from_logits=True, ignore_class=255)",
            lambda **more: nb.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255, **more),
            of_numbers,
            targets.scores_for(targets.partly_ignored),
        ),
        by_class_weights(),
    ],
    "kl_divergence": [case("KLDivergence", nb.KLDivergence, divergence, targets.soft)],
    "cosine_similarity": [case("CosineSimilarity", nb.CosineSimilarity, angle, targets.real)],
    "mape": "PyTorch has none.",
    "msle": "PyTorch has none.",
    "log_cosh": "PyTorch has none.",
    "hinge": "PyTorch's HingeEmbeddingLoss is another loss.",
    "squared_hinge": "PyTorch has none.",
    "categorical_hinge": "PyTorch's MultiMarginLoss adds up all classes; this one takes the largest.",
    "binary_focal_crossentropy": "PyTorch has none.",
    "categorical_focal_crossentropy": "PyTorch has none.",
}
