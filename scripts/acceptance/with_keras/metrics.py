"""Metrics beside those of Keras: three unequal batches, weighted and not."""

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
from nbnet import metrics as nb

km = keras.metrics
BATCHES = (40, 3, 11)
AFTER_RESET = 30
DIVIDED = Known("Keras adds 1e-7 to each divisor.", within=1e-6)
ABSENT = Known(
    "Keras takes a class that neither targets nor decisions name for one with a score of 0: 2 of 6 classes, and so two "
    "thirds of nbnet's number.",
    within=0.500001,
)
IGNORED = Known(
    "Without weights Keras' metric counts a sample of the ignored class as one whose value is 0.", within=0.6
)


def case(
    label: str,
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    made: Targets,
    outputs: int = 6,
    known: Known | None = None,
) -> Case:
    """The result after each batch, then of the part that a file gives back."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        found, expected, again = [], [], []
        for weighted in (False, True):
            metric, other, loaded = ours(), theirs(), own.restored(ours())
            update, update_loaded = own.updater(metric), own.updater(loaded)
            for size in BATCHES:
                y_true, y_pred = made((size, outputs), dtype)
                weights = [samples.generator(4, size).uniform(0.2, 2, size).astype(dtype)] if weighted else []
                update(y_true, y_pred, *weights)
                update_loaded(y_true, y_pred, *weights)
                other.update_state(y_true, y_pred, *weights)
                found.append(metric.result())
                expected.append(np.asarray(other.result()))
                again.append(loaded.result())
            metric.reset()
            other.reset_state()
            y_true, y_pred = made((AFTER_RESET, outputs), dtype)
            update(y_true, y_pred)
            other.update_state(y_true, y_pred)
            found.append(metric.result())
            expected.append(np.asarray(other.result()))
        return {"forward": errors(found, expected), "restored": errors(again, [*expected[:3], *expected[4:7]])}

    return Case(label, compare, known)


def variant(name: str, made: Targets, outputs: int = 6, known: Known | None = None, **arguments: Any) -> Case:
    """The same name and arguments in both libraries."""
    told = ", ".join(f"{key}={value}" for key, value in arguments.items())
    ours, theirs = getattr(nb, name), getattr(km, name)
    return case(
        f"{name}({told}) of {made.__name__}, {outputs}",
        lambda: ours(**arguments),
        lambda: theirs(**arguments),
        made,
        outputs,
        known,
    )


def labels(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Several labels a row, 0 and 1, beside probabilities."""
    return targets.binary(shape, dtype)


def column(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers as a column beside probabilities."""
    y_true, y_pred = targets.classes(shape, dtype)
    return y_true[:, None], y_pred


def no_curve() -> Case:
    """Where all targets are equal."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        metric, other = nb.AUC(), km.AUC()
        y_true, y_pred = targets.binary((40, 1), dtype)
        own.updater(metric)(np.ones_like(y_true), y_pred)
        other.update_state(np.ones_like(y_true), y_pred)
        return {"forward": error([metric.result(), float(other.result())], [np.nan, 0.0])}

    return Case("AUC() where all targets are equal: NaN here, and 0 in Keras", compare)


def few(shape: tuple[int, ...], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Two of the classes neither in targets nor among predictions."""
    y_true, y_pred = targets.one_hot((shape[0], shape[1] - 2), dtype)
    return np.pad(y_true, ((0, 0), (0, 2))), np.pad(y_pred, ((0, 0), (0, 2)))


def counts(name: str) -> list[Case]:
    """One of the four counts."""
    return [
        variant(name, targets.binary, 1),
        variant(name, labels),
        variant(name, labels, thresholds=[0.2, 0.5, 0.9]),
    ]


def ratios(name: str) -> list[Case]:
    """Precision or recall."""
    return [
        variant(name, targets.binary, 1),
        variant(name, labels),
        variant(name, labels, thresholds=[0.2, 0.5, 0.9]),
        variant(name, targets.one_hot, top_k=2),
        variant(name, targets.one_hot, class_id=2),
        variant(name, targets.one_hot, top_k=3, class_id=1),
        variant(name, labels, thresholds=0.3, class_id=4),
    ]


def scores(name: str, **more: Any) -> list[Case]:
    """An F-score."""
    return [
        variant(name, made, known=DIVIDED, average=average, threshold=threshold, **more)
        for average in (None, "micro", "macro", "weighted")
        for made, threshold in ((targets.one_hot, None), (labels, 0.4))
    ] + [variant(name, few, known=ABSENT, average="macro", **more)]


def plain(name: str, made: Targets, outputs: int = 6, **arguments: Any) -> list[Case]:
    """One comparison."""
    return [variant(name, made, outputs, **arguments)]


TABLE: Mapping[str, Entry] = {
    "accuracy": [
        case("accuracy of one output", nb.Accuracy, km.BinaryAccuracy, targets.binary, 1),
        case("accuracy of one-hot rows", nb.Accuracy, km.CategoricalAccuracy, targets.one_hot),
        case("accuracy of class numbers", nb.Accuracy, km.SparseCategoricalAccuracy, targets.classes),
        case("accuracy of class numbers in a column", nb.Accuracy, km.SparseCategoricalAccuracy, column),
    ],
    "binary_accuracy": [
        variant("BinaryAccuracy", targets.binary, 1),
        variant("BinaryAccuracy", labels),
        variant("BinaryAccuracy", targets.binary, threshold=0.3),
    ],
    "categorical_accuracy": plain("CategoricalAccuracy", targets.one_hot),
    "sparse_categorical_accuracy": [
        variant("SparseCategoricalAccuracy", targets.classes),
        variant("SparseCategoricalAccuracy", column),
    ],
    "top_k_categorical_accuracy": [
        variant("TopKCategoricalAccuracy", targets.one_hot),
        variant("TopKCategoricalAccuracy", targets.one_hot, k=2),
    ],
    "sparse_top_k_categorical_accuracy": [
        variant("SparseTopKCategoricalAccuracy", targets.classes),
        variant("SparseTopKCategoricalAccuracy", targets.classes, k=2),
    ],
    "true_positives": counts("TruePositives"),
    "true_negatives": counts("TrueNegatives"),
    "false_positives": counts("FalsePositives"),
    "false_negatives": counts("FalseNegatives"),
    "precision": ratios("Precision"),
    "recall": ratios("Recall"),
    "f1_score": scores("F1Score"),
    "fbeta_score": scores("FBetaScore", beta=2.0),
    "auc": [
        *(
            variant("AUC", targets.binary, 1, curve=curve, summation_method=method)
            for curve in ("ROC", "PR")
            for method in ("interpolation", "minoring", "majoring")
        ),
        variant("AUC", targets.binary, 1, num_thresholds=20),
        variant("AUC", targets.binary, 1, thresholds=[0.1, 0.4, 0.45, 0.8]),
        variant("AUC", labels),
        variant("AUC", labels, multi_label=True, num_labels=6),
        variant("AUC", labels, multi_label=True, num_labels=6, label_weights=[1.0, 2.0, 0.5, 1.0, 3.0, 0.1]),
        variant("AUC", targets.scores_for(targets.binary), 1, from_logits=True),
        no_curve(),
    ],
    "r2_score": [
        *(
            variant("R2Score", targets.real, class_aggregation=kind)
            for kind in (None, "uniform_average", "variance_weighted_average")
        ),
        variant("R2Score", targets.real, 1),
    ],
    "confusion_matrix": "Keras has no such metric.",
    "mse": plain("MeanSquaredError", targets.real),
    "rmse": plain("RootMeanSquaredError", targets.real),
    "mae": plain("MeanAbsoluteError", targets.real),
    "mape": plain("MeanAbsolutePercentageError", targets.positive),
    "msle": plain("MeanSquaredLogarithmicError", targets.positive),
    "log_cosh": plain("LogCoshError", targets.real),
    "cosine_similarity": plain("CosineSimilarity", targets.real),
    "hinge": [variant("Hinge", targets.signs), variant("Hinge", targets.binary)],
    "squared_hinge": [variant("SquaredHinge", targets.signs), variant("SquaredHinge", targets.binary)],
    "categorical_hinge": plain("CategoricalHinge", targets.one_hot),
    "kl_divergence": plain("KLDivergence", targets.soft),
    "poisson": plain("Poisson", targets.positive),
    "binary_crossentropy": [
        variant("BinaryCrossentropy", labels),
        variant("BinaryCrossentropy", targets.scores_for(labels), from_logits=True, label_smoothing=0.1),
    ],
    "categorical_crossentropy": [
        variant("CategoricalCrossentropy", targets.one_hot),
        variant("CategoricalCrossentropy", targets.scores_for(targets.one_hot), from_logits=True, label_smoothing=0.1),
    ],
    "sparse_categorical_crossentropy": [
        variant("SparseCategoricalCrossentropy", targets.classes),
        variant("SparseCategoricalCrossentropy", targets.scores_for(targets.classes), from_logits=True),
        variant("SparseCategoricalCrossentropy", targets.partly_ignored, known=IGNORED, ignore_class=255),
    ],
}
