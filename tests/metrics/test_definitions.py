"""Every registered metric against its definition: over unequal batches, weighted and not, eagerly and compiled."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nbnet import metrics, registry
from nbnet.runtime.function import Function
from tests.naive import metrics as naive

N, C = 8, 6
_rng = np.random.default_rng(7)
LABELS = np.array([0, 3, 3, 5, 1, 4, 2, 0])
ONE_HOT = np.eye(C)[LABELS]
PROBABILITIES = _rng.dirichlet(np.ones(C), N)
SOFT = _rng.dirichlet(np.ones(C), N)
SCORES = _rng.normal(size=(N, C))
REAL = _rng.normal(size=(N, C))
POSITIVE = _rng.uniform(0.1, 3, (N, C))
COUNTS = _rng.integers(0, 4, (N, C))
MANY = _rng.integers(0, 2, (N, C))
CHANCES = _rng.uniform(0.01, 0.99, (N, C))
YES = np.array([[1], [0], [0], [1], [1], [0], [1], [0]])
CHANCE = np.array([[0.9], [0.2], [0.6], [0.4], [0.7], [0.1], [0.55], [0.5]])
WEIGHTS = _rng.uniform(0.1, 2, N)
BATCHES = (slice(0, 5), slice(5, 8))


def decisions(score, kind, decide, spread=False):
    """A score of decisions; `spread`: targets are class numbers."""

    def metric(y_true, y_pred, weights):
        rows = np.eye(C)[y_true] if spread else y_true
        return naive.averaged(score, naive.columns(rows, y_pred, weights, decide), kind)

    return metric


def count(place):
    """One of the four counts, over all outputs."""
    return decisions(lambda *counts: counts[place], "micro", naive.above(0.5))


def area(curve):
    """The area of one output with 200 thresholds."""

    def metric(y_true, y_pred, weights):
        thresholds = [-1e-7, *(i / 199 for i in range(1, 199)), 1 + 1e-7]
        return curve(y_true[:, 0], y_pred[:, 0], weights, thresholds)

    return metric


def r2(y_true, y_pred, weights):
    """The mean over outputs."""
    return float(np.mean(naive.r2_scores(y_true, y_pred, weights)))


# Class → arguments, targets, predictions, definition; each registered name stands for one of these.
CASES = {
    metrics.Accuracy: [
        ({}, LABELS, PROBABILITIES, naive.accuracy),
        ({}, YES, CHANCE, naive.binary_accuracy),
    ],
    metrics.BinaryAccuracy: [({}, MANY, CHANCES, naive.binary_accuracy)],
    metrics.CategoricalAccuracy: [({}, ONE_HOT, PROBABILITIES, naive.accuracy)],
    metrics.SparseCategoricalAccuracy: [({}, LABELS, PROBABILITIES, naive.accuracy)],
    metrics.TopKCategoricalAccuracy: [
        ({}, ONE_HOT, PROBABILITIES, naive.top_k),
        ({"k": 2}, LABELS, SCORES, lambda *batch: naive.top_k(*batch, k=2)),
    ],
    metrics.SparseTopKCategoricalAccuracy: [({"k": 3}, LABELS, SCORES, lambda *batch: naive.top_k(*batch, k=3))],
    metrics.MeanSquaredError: [({}, REAL, SCORES, naive.mean_of("mse"))],
    metrics.RootMeanSquaredError: [({}, REAL, SCORES, naive.root_mean_squared_error)],
    metrics.MeanAbsoluteError: [({}, REAL, SCORES, naive.mean_of("mae"))],
    metrics.MeanAbsolutePercentageError: [({}, POSITIVE, SCORES, naive.mean_of("mape"))],
    metrics.MeanSquaredLogarithmicError: [({}, POSITIVE, CHANCES, naive.mean_of("msle"))],
    metrics.LogCoshError: [({}, REAL, SCORES, naive.mean_of("log_cosh"))],
    metrics.CosineSimilarity: [({}, REAL, SCORES, naive.cosine_similarity)],
    metrics.R2Score: [({}, REAL, SCORES, r2), ({"class_aggregation": None}, REAL, SCORES, naive.r2_scores)],
    metrics.Hinge: [({}, MANY, SCORES, naive.mean_of("hinge"))],
    metrics.SquaredHinge: [({}, 2 * MANY - 1, SCORES, naive.mean_of("squared_hinge"))],
    metrics.CategoricalHinge: [({}, ONE_HOT, SCORES, naive.mean_of("categorical_hinge"))],
    metrics.BinaryCrossentropy: [({}, MANY, CHANCES, naive.mean_of("binary_crossentropy"))],
    metrics.CategoricalCrossentropy: [({}, ONE_HOT, PROBABILITIES, naive.mean_of("categorical_crossentropy"))],
    metrics.SparseCategoricalCrossentropy: [
        ({}, LABELS, PROBABILITIES, naive.mean_of("sparse_categorical_crossentropy"))
    ],
    metrics.KLDivergence: [({}, SOFT, PROBABILITIES, naive.mean_of("kl_divergence"))],
    metrics.Poisson: [({}, COUNTS, POSITIVE, naive.mean_of("poisson"))],
    metrics.TruePositives: [({}, MANY, CHANCES, count(0))],
    metrics.FalsePositives: [({}, MANY, CHANCES, count(1))],
    metrics.TrueNegatives: [({}, MANY, CHANCES, count(2))],
    metrics.FalseNegatives: [({}, MANY, CHANCES, count(3))],
    metrics.Precision: [
        ({}, YES, CHANCE, decisions(naive.precision, "micro", naive.above(0.5))),
        ({}, MANY, CHANCES, decisions(naive.precision, "micro", naive.above(0.5))),
        ({}, LABELS, PROBABILITIES, decisions(naive.precision, "macro", naive.only_largest, spread=True)),
        ({"average": "weighted"}, ONE_HOT, SCORES, decisions(naive.precision, "weighted", naive.only_largest)),
        ({"top_k": 2}, MANY, SCORES, decisions(naive.precision, "micro", naive.only_k_largest(2))),
    ],
    metrics.Recall: [
        ({}, MANY, CHANCES, decisions(naive.recall, "micro", naive.above(0.5))),
        ({"average": None}, ONE_HOT, SCORES, decisions(naive.recall, None, naive.only_largest)),
        ({"thresholds": 0.3, "average": "macro"}, MANY, CHANCES, decisions(naive.recall, "macro", naive.above(0.3))),
    ],
    metrics.F1Score: [
        ({}, ONE_HOT, SCORES, decisions(naive.f_score(1), None, naive.only_largest)),
        ({"average": "macro"}, LABELS, SCORES, decisions(naive.f_score(1), "macro", naive.only_largest, spread=True)),
        ({"average": "micro"}, YES, CHANCE, decisions(naive.f_score(1), "micro", naive.above(0.5))),
    ],
    metrics.FBetaScore: [
        (
            {"average": "weighted", "beta": 2.0, "threshold": 0.4},
            MANY, CHANCES, decisions(naive.f_score(2), "weighted", naive.above(0.4)),
        )
    ],
    metrics.AUC: [
        ({}, YES, CHANCE, area(naive.roc_auc)),
        ({"curve": "PR"}, YES, CHANCE, area(naive.pr_auc)),
    ],
    metrics.ConfusionMatrix: [
        ({}, LABELS, PROBABILITIES, lambda *batch: naive.confusion_matrix(*batch, C)),
        ({}, YES, CHANCE, lambda *batch: naive.confusion_matrix(*batch, 2)),
    ],
}  # fmt: skip
FLAT = [(kind, *case) for kind, cases in CASES.items() for case in cases]
IDS = [f"{kind.__name__}{number}" for kind, cases in CASES.items() for number in range(len(cases))]


def after_batches(metric, y_true, y_pred, weights, eager=True):
    """The result after two batches of unequal size."""
    update = Function(metric.update, eager=eager)
    for rows in BATCHES:
        update(y_true[rows], y_pred[rows], *(() if weights is None else (weights[rows],)))
    return metric.result()


def close(found, expected):
    """Compare, to the precision of the predictions' dtype and of the loops."""
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", registry.metrics.names())
def test_every_name_has_a_definition(name):
    found = metrics.get(name)
    assert found.name == name
    assert type(found) in CASES, f"give {type(found).__name__} a case here and a definition in tests/naive/metrics.py"


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize(("kind", "arguments", "y_true", "y_pred", "definition"), FLAT, ids=IDS)
def test_definition(kind, arguments, y_true, y_pred, definition, weights):
    metric = kind(**arguments)
    expected = definition(y_true, y_pred, np.ones(N) if weights is None else weights)
    close(after_batches(metric, y_true, y_pred, weights), expected)
    metric.reset()  # and what was before is forgotten
    close(after_batches(metric, y_true, y_pred, weights), expected)


@pytest.mark.parametrize(("kind", "arguments", "y_true", "y_pred", "definition"), FLAT, ids=IDS)
def test_compiled(kind, arguments, y_true, y_pred, definition):
    metric = kind(**arguments)
    close(after_batches(metric, y_true, y_pred, WEIGHTS, eager=False), definition(y_true, y_pred, WEIGHTS))
    assert type(metric.result()) in (float, np.ndarray)


@pytest.mark.parametrize(("kind", "arguments"), [item[:2] for item in FLAT], ids=IDS)
def test_arguments_are_kept(kind, arguments):
    metric = kind(**arguments)
    metric.name = "renamed"
    config = metric.get_config()
    again = kind.from_config(config)
    assert again.name == "renamed"
    assert again.get_config() == config
    for argument, value in arguments.items():
        assert config[argument] == value


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_nothing_seen(kind):
    metric = kind()
    if isinstance(metric, metrics.ConfusionMatrix):
        assert metric.result().shape == (0, 0)
        assert metrics.ConfusionMatrix(3).result().tolist() == [[0] * 3] * 3
    elif "positives" in metric.name or "negatives" in metric.name:
        assert metric.result() == 0
    else:
        assert math.isnan(metric.result())


@pytest.mark.parametrize(("kind", "arguments", "y_true", "y_pred", "definition"), FLAT, ids=IDS)
def test_weights_of_one_and_of_none(kind, arguments, y_true, y_pred, definition):
    plain = after_batches(kind(**arguments), y_true, y_pred, None)
    close(after_batches(kind(**arguments), y_true, y_pred, np.ones(N)), plain)
    some = np.array([1.0] * 5 + [0.0] * 3)  # the second batch does not count
    metric = kind(**arguments)
    metric.update(y_true[:5], y_pred[:5])
    close(after_batches(kind(**arguments), y_true, y_pred, some), metric.result())


def test_names_as_in_keras():
    names = {
        "precision": metrics.Precision(), "recall": metrics.Recall(), "auc": metrics.AUC(),
        "f1_score": metrics.F1Score(), "fbeta_score": metrics.FBetaScore(), "r2_score": metrics.R2Score(),
        "root_mean_squared_error": metrics.RootMeanSquaredError(), "kl_divergence": metrics.KLDivergence(),
        "top_k_categorical_accuracy": metrics.TopKCategoricalAccuracy(), "logcosh": metrics.LogCoshError(),
        "sparse_top_k_categorical_accuracy": metrics.SparseTopKCategoricalAccuracy(),
        "true_positives": metrics.TruePositives(), "mean_squared_error": metrics.MeanSquaredError(),
        "confusion_matrix": metrics.ConfusionMatrix(), "cosine_similarity": metrics.CosineSimilarity(),
    }  # fmt: skip
    assert {name: metric.name for name, metric in names.items()} == {name: name for name in names}
