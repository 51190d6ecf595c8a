"""Precision, recall, F-scores and areas: what beginners give them, scikit-learn's numbers, and errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from nbnet import losses, metrics, ops
from nbnet.errors import ArgumentError, ShapeError
from nbnet.metrics import AUC, ConfusionMatrix, F1Score, FBetaScore, Precision, R2Score, Recall
from tests.naive import metrics as naive


@pytest.fixture
def data(rng):
    """Labels and probabilities of 60 samples of 4 classes, better than chance."""
    labels = rng.integers(0, 4, 60)
    return labels, 0.4 * np.eye(4)[labels] + 0.6 * rng.dirichlet(np.ones(4), 60)


def result(metric, y_true, y_pred, weights=None):
    """The result after one batch."""
    metric.update(y_true, y_pred, *(() if weights is None else (weights,)))
    return metric.result()


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_averages_are_those_of_scikit_learn(data, rng, average, weighted):
    labels, p = data
    weights = rng.uniform(0, 2, 60) if weighted else None
    options = {"average": average, "sample_weight": weights}
    for targets in (labels, labels[:, None], np.eye(4)[labels]):
        for metric, expected in (
            (Precision(average=average), sk.precision_score),
            (Recall(average=average), sk.recall_score),
            (F1Score(average=average), sk.f1_score),
            (FBetaScore(average=average, beta=0.5), lambda *a, **k: sk.fbeta_score(*a, beta=0.5, **k)),
        ):
            np.testing.assert_allclose(result(metric, targets, p, weights), expected(labels, p.argmax(1), **options))


def test_a_class_that_occurs_nowhere_does_not_count():
    labels, p = np.array([0, 1, 1]), np.eye(4)[[0, 1, 0]]
    assert result(Precision(), labels, p) == sk.precision_score(labels, p.argmax(1), average="macro") == 0.75
    assert result(F1Score(average="macro"), labels, p) == sk.f1_score(labels, p.argmax(1), average="macro")
    np.testing.assert_array_equal(result(Recall(average=None), labels, p), [1, 0.5, 0, 0])


def test_one_output_of_any_kind_of_labels():
    p = np.array([0.9, 0.2, 0.6, 0.4])
    for labels in ([1, 0, 0, 1], [True, False, False, True], [1, -1, -1, 1], [[1], [0], [0], [1]]):
        for scores in (p, p[:, None], p.astype("float32")):
            assert result(Precision(), np.array(labels), scores) == 0.5
            assert result(metrics.get("f1"), np.array(labels), scores) == 0.5
            assert result(metrics.TrueNegatives(), np.array(labels), scores) == 1
            assert result(AUC(), np.array(labels), scores) == pytest.approx(0.75, abs=1e-12)


def test_given_by_name_it_is_a_number():
    found = metrics.get("f1_score")
    assert (found.name, found.average) == ("f1_score", "macro")
    assert metrics.get("F1Score").average == "macro"
    assert metrics.get(F1Score).average is None
    assert metrics.get("fbeta_score").get_config()["average"] == "macro"


@pytest.mark.parametrize("kind", [Precision, Recall])
def test_several_thresholds_in_the_order_given(data, kind):
    labels, p = data
    thresholds = [0.7, 0.2, 0.2, 0.5]
    found = result(kind(thresholds=thresholds), np.eye(4)[labels], p)
    each = [result(kind(thresholds=t), np.eye(4)[labels], p) for t in thresholds]
    np.testing.assert_array_equal(found, each)
    by_class = result(kind(thresholds=thresholds, average=None), np.eye(4)[labels], p)
    assert by_class.shape == (4, 4)
    np.testing.assert_array_equal(by_class[1], by_class[2])
    np.testing.assert_array_equal(
        result(metrics.TruePositives(thresholds), np.eye(4)[labels], p),
        [((p > t) & (np.eye(4)[labels] == 1)).sum() for t in thresholds],
    )


def test_above_a_threshold_is_above_it_in_the_dtype_of_the_predictions():
    p = np.array([[0.3], [0.30001]], "float32")
    assert result(metrics.TruePositives(thresholds=0.3), np.ones((2, 1)), p) == 1


def test_one_class(data):
    labels, p = data
    for class_id in (0, 3):
        expected = sk.precision_score(labels == class_id, p[:, class_id] > 0.5)
        assert result(Precision(class_id=class_id), np.eye(4)[labels], p) == pytest.approx(expected)
        expected = sk.recall_score(labels == class_id, p.argmax(1) == class_id, sample_weight=p[:, 0])
        assert result(Recall(class_id=class_id), labels, p, p[:, 0]) == pytest.approx(expected)
    with pytest.raises(ShapeError, match="class_id=4; the predictions have 4 outputs, numbered from 0"):
        result(Recall(class_id=4), labels, p)


def test_among_the_largest_the_first_of_level_ones():
    p = np.array([[0.5, 0.5, 0.5], [0.1, 0.2, 0.7]])
    truth = np.array([[0, 1, 1], [1, 0, 1]])
    metric = Recall(top_k=2, average=None)
    np.testing.assert_array_equal(result(metric, truth, p), [0.0, 1.0, 0.5])
    assert result(Precision(top_k=2, thresholds=0.4), truth, p) == 2 / 3


def test_level_predictions_do_not_push_the_class_out():
    p = np.array([[0.2, 0.2, 0.2, 0.4]] * 3)
    assert result(metrics.SparseTopKCategoricalAccuracy(2), np.array([0, 2, 3]), p) == 1
    assert result(metrics.SparseTopKCategoricalAccuracy(1), np.array([0, 2, 3]), p) == pytest.approx(1 / 3)
    assert result(metrics.SparseTopKCategoricalAccuracy(3), np.array([0]), np.full((1, 4), np.nan)) == 0
    assert result(metrics.SparseTopKCategoricalAccuracy(1), np.array([0]), np.array([[np.inf, 1.0]])) == 1


@pytest.mark.parametrize("weighted", [False, True])
def test_areas_near_those_of_scikit_learn(rng, weighted):
    labels = rng.integers(0, 2, 500)
    p = 1 / (1 + np.exp(-(labels + rng.normal(size=500))))
    weights = rng.uniform(0, 2, 500) if weighted else None
    exact = sk.roc_auc_score(labels, p, sample_weight=weights)
    assert result(AUC(num_thresholds=2000), labels, p, weights) == pytest.approx(exact, abs=1e-3)
    precision = sk.average_precision_score(labels, p, sample_weight=weights)
    assert result(AUC(num_thresholds=2000, curve="PR"), labels, p, weights) == pytest.approx(precision, abs=1e-2)
    low, high = (result(AUC(30, summation_method=name), labels, p) for name in ("minoring", "majoring"))
    middle = result(AUC(30), labels, p)
    assert low < middle < high
    assert middle == pytest.approx((low + high) / 2)


def test_areas_of_several_classes(data, rng):
    labels, p = data
    exact = sk.roc_auc_score(labels, p / p.sum(1, keepdims=True), multi_class="ovr")
    assert result(AUC(2000), labels, p) == pytest.approx(exact, abs=2e-3)
    assert result(AUC(2000, multi_label=True), np.eye(4)[labels], p) == pytest.approx(exact, abs=2e-3)
    pooled = sk.roc_auc_score(np.eye(4)[labels].ravel(), p.ravel())
    assert result(AUC(2000), np.eye(4)[labels], p) == pytest.approx(pooled, abs=2e-3)
    weights = [1.0, 0.0, 2.0, 0.5]
    areas = [sk.roc_auc_score(labels == c, p[:, c]) for c in range(4)]
    found = result(AUC(2000, multi_label=True, num_labels=4, label_weights=weights), np.eye(4)[labels], p)
    assert found == pytest.approx(np.average(areas, weights=weights), abs=2e-3)


def test_areas_from_logits(data, rng):
    labels, p = data
    scores = np.log(p)
    assert result(AUC(from_logits=True), labels, scores) == pytest.approx(result(AUC(), labels, p / p.sum(1)[:, None]))
    one = rng.normal(size=(60, 1))
    truth = (labels > 1)[:, None]
    assert result(AUC(from_logits=True), truth, one) == result(AUC(), truth, 1 / (1 + np.exp(-one)))


def test_own_thresholds(data):
    labels, p = data
    truth, scores = labels == 1, p[:, 1]
    thresholds = [-1e-7, 0.1, 0.45, 0.8, 1 + 1e-7]
    found = result(AUC(thresholds=[0.8, 0.1, 0.45]), truth, scores)
    assert found == pytest.approx(naive.roc_auc(truth, scores, np.ones(60), thresholds))


def test_what_has_no_area_is_left_out():
    assert math.isnan(result(AUC(), np.ones(3), np.array([0.1, 0.2, 0.3])))
    labels, p = np.array([0, 1, 0, 1]), np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.6, 0.4, 0], [0.7, 0.3, 0]])
    expected = np.mean([sk.roc_auc_score(labels == c, p[:, c]) for c in (0, 1)])
    assert result(AUC(2000), labels, p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_confusion_matrix_is_that_of_scikit_learn(data, rng, weighted):
    labels, p = data
    weights = rng.uniform(0, 2, 60) if weighted else None
    for targets in (labels, np.eye(4)[labels], labels[:, None]):
        found = result(ConfusionMatrix(), targets, p, weights)
        np.testing.assert_allclose(found, sk.confusion_matrix(labels, p.argmax(1), sample_weight=weights))
        assert found.dtype == (np.float64 if weighted else np.int64)
    found = result(ConfusionMatrix(), labels > 1, p[:, 1], weights)
    np.testing.assert_allclose(found, sk.confusion_matrix(labels > 1, p[:, 1] > 0.5, sample_weight=weights))


def test_what_has_no_label_is_in_no_cell():
    found = result(ConfusionMatrix(4), np.array([0, -1, 255]), np.eye(3)[[0, 1, 2]])
    assert found.tolist() == [[1, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4]
    with pytest.raises(ShapeError, match="made for 2 classes; the predictions tell 3 apart"):
        result(ConfusionMatrix(2), np.array([0]), np.eye(3)[[0]])


def test_predictions_of_sequences(rng):
    labels, p = rng.integers(0, 3, (4, 5)), rng.dirichlet(np.ones(3), (4, 5))
    weights = rng.uniform(0, 2, 4)
    expected = sk.f1_score(
        labels.ravel(), p.argmax(-1).ravel(), average="weighted", sample_weight=np.repeat(weights, 5)
    )
    assert result(F1Score(average="weighted"), labels, p, weights) == pytest.approx(expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_determination_is_that_of_scikit_learn(rng, weighted):
    y = 1e6 + rng.normal(size=(50, 2)) * [1, 30]  # a large mean, in which squares would drown the spread
    p = y + rng.normal(size=(50, 2))
    weights = rng.uniform(0, 2, 50) if weighted else None
    for ours, theirs in (
        ("uniform_average", "uniform_average"),
        ("variance_weighted_average", "variance_weighted"),
        (None, "raw_values"),
    ):
        metric = R2Score(ours)
        for rows in (slice(0, 30), slice(30, 50)):
            metric.update(y[rows], p[rows], None if weights is None else weights[rows])
        expected = sk.r2_score(y, p, sample_weight=weights, multioutput=theirs)
        np.testing.assert_allclose(metric.result(), expected, rtol=1e-7)
    plain = result(R2Score(), y[:, 0], p[:, 0])
    assert result(R2Score(num_regressors=3), y[:, 0], p[:, 0]) == pytest.approx(1 - (1 - plain) * 49 / 46)
    assert result(R2Score(num_regressors=60), y[:, 0], p[:, 0]) == plain


def test_determination_of_equal_targets():
    assert result(R2Score(), np.ones(3), np.ones(3)) == 1
    assert result(R2Score(), np.ones(3), np.zeros(3)) == 0
    assert np.isnan(result(R2Score(), np.ones(3), np.ones(3), np.zeros(3)))  # weights of 0 are no samples


def test_scores_in_place_of_probabilities(rng):
    scores, labels = rng.normal(size=(40, 1)), rng.integers(0, 2, (40, 1))
    chances = 1 / (1 + np.exp(-scores))
    for kind in (metrics.Accuracy, metrics.BinaryAccuracy, Precision, Recall, F1Score, FBetaScore, AUC,
                 metrics.FalsePositives, ConfusionMatrix, metrics.BinaryCrossentropy):  # fmt: skip
        metric = kind(name="mine").for_scores()
        assert type(metric) is kind
        assert metric.name == "mine"
        np.testing.assert_allclose(result(metric, labels, scores), result(kind(), labels, chances), rtol=1e-6)
    unchanged = metrics.MeanSquaredError()
    assert unchanged.for_scores() is unchanged


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Precision(average="mean"), "Precision expects average to be one of 'auto', 'micro'.*received 'mean'"),
        (lambda: F1Score(average="auto"), "F1Score expects average"),
        (lambda: FBetaScore(beta=0), "beta > 0"),
        (lambda: Recall(top_k=0), "'recall' expects top_k >= 1"),
        (lambda: Precision(thresholds=[]), "numbers as thresholds"),
        (lambda: Precision(thresholds=[np.nan]), "numbers as thresholds"),
        (lambda: AUC(1), "num_thresholds of at least 2"),
        (lambda: AUC(curve="PR gain"), "curve to be one of 'ROC', 'PR'"),
        (lambda: AUC(summation_method="exact"), "summation_method to be one of"),
        (lambda: AUC(thresholds=[2.0]), r"thresholds in \[0, 1\]"),
        (lambda: AUC(num_labels=3), "only with multi_label=True"),
        (lambda: ConfusionMatrix(0), "num_classes of at least 1"),
        (lambda: R2Score("median"), "class_aggregation to be one of"),
        (lambda: R2Score(num_regressors=-1), "num_regressors >= 0"),
        (lambda: metrics.TopKCategoricalAccuracy(0), "k >= 1; received 0"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unknown_arguments():
    with pytest.raises(ArgumentError, match="Precision takes no argument 'treshold'"):
        Precision(treshold=0.5)


def test_shapes_that_do_not_fit(data):
    labels, p = data
    metric = Precision()
    metric.update(labels, p)
    for y_true, y_pred in ((np.eye(4)[labels], p), (labels, np.ones((60, 5)))):
        with pytest.raises(ShapeError, match="another number of outputs, or with targets of another kind"):
            metric.update(y_true, y_pred)
    with pytest.raises(ShapeError, match=r"The metric 'precision' compares targets .* \(60, 3\)"):
        result(Precision(), np.ones((60, 3)), p)
    with pytest.raises(ShapeError, match=r"The metric 'auc' has num_labels 3 outputs; the predictions have 4"):
        result(AUC(multi_label=True, num_labels=3), np.eye(4)[labels], p)
    with pytest.raises(ShapeError, match=r"The metric 'precision' expects sample weights of shape \(60,\)"):
        result(Precision(), labels, p, np.ones(3))
    determination = R2Score()
    determination.update(p, p)
    with pytest.raises(ShapeError, match=r"'r2_score' was used with 4 outputs; received 1"):
        determination.update(labels, labels)


def test_a_loss_is_a_metric():
    y_true, y_pred, weights = np.zeros((4, 2)), np.arange(8.0).reshape(4, 2), np.array([1.0, 0.0, 2.0, 0.5])
    rows = losses.Huber(2.0, reduction=None)(y_true, y_pred)
    metric = metrics.get(losses.Huber(2.0))
    assert result(metric, y_true, y_pred, weights) == pytest.approx((rows * weights).sum() / weights.sum())
    both = metrics.get(losses.Huber(2.0) + 3 * losses.MeanAbsoluteError())
    rows = rows + 3 * losses.MeanAbsoluteError(reduction=None)(y_true, y_pred)
    assert result(both, y_true, y_pred, weights) == pytest.approx((rows * weights).sum() / weights.sum())
    assert metrics.get("huber").name == "huber"
    assert result(metrics.get("huber"), y_true, y_pred) == pytest.approx(losses.Huber()(y_true, y_pred))


def test_what_a_loss_does_not_count_a_metric_does_not_either():
    labels, p = np.array([0, -1, 1]), np.array([[0.5, 0.5], [0.9, 0.1], [0.8, 0.2]])
    expected = -(math.log(0.5) + math.log(0.2)) / 2
    assert result(metrics.SparseCategoricalCrossentropy(ignore_class=-1), labels, p) == pytest.approx(expected)
    weighted = result(metrics.SparseCategoricalCrossentropy(ignore_class=-1), labels, p, np.array([3.0, 9.0, 1.0]))
    assert weighted == pytest.approx(-(3 * math.log(0.5) + math.log(0.2)) / 4)


def test_a_function_of_one_number_weighs_with_its_batch():
    metric = metrics.get(lambda t, p: ops.max(ops.abs(t - p)))
    metric.update(np.zeros(2), np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    metric.update(np.zeros(1), np.array([8.0]), np.array([1.0]))
    assert metric.result() == (3 * 2 + 8) / 4


def test_several_labels_given_by_name_are_decided_by_the_threshold(rng):
    x = rng.normal(size=(40, 3))
    labels, p = (x > 0).astype(int), 1 / (1 + np.exp(-3 * x - rng.normal(size=x.shape)))
    for border, scores in ((0.5, p), (0.0, np.log(p / (1 - p)))):
        decided = p > 0.5
        expected = {
            "f1": sk.f1_score(labels, decided, average="macro"),
            "fbeta_score": sk.f1_score(labels, decided, average="macro"),
            "accuracy": (labels == decided).mean(),
            "confusion_matrix": sk.multilabel_confusion_matrix(labels, decided),
        }
        for name, value in expected.items():
            metric = metrics.get(name) if border else metrics.get(name).for_scores()
            for rows in (slice(0, 1), slice(1, 20), slice(20, 40)):  # which way to decide may show late
                metric.update(labels[rows], scores[rows])
            np.testing.assert_allclose(metric.result(), value, err_msg=name)
            metric.reset()
            chosen = labels.sum(1) == 1
            metric.update(labels[chosen], scores[chosen])
            one, best = labels[chosen].argmax(1), p[chosen].argmax(1)
            by_largest = {
                "accuracy": sk.accuracy_score(one, best),
                "confusion_matrix": sk.confusion_matrix(one, best, labels=range(3)),
            }.get(name, sk.f1_score(one, best, average="macro"))
            np.testing.assert_allclose(metric.result(), by_largest, err_msg=name)
    assert result(F1Score(average="macro"), labels, p) == sk.f1_score(labels, np.eye(3)[p.argmax(1)], average="macro")
    weights = rng.uniform(0, 2, 40)
    assert result(metrics.get("accuracy"), labels, p, weights) == pytest.approx(
        np.average((labels == (p > 0.5)).mean(1), weights=weights)
    )
    assert metrics.get("f1").get_config()["threshold"] == "auto"
    with pytest.raises(ValueError, match="a number, 'auto' or None as threshold; received 'half'"):
        F1Score(threshold="half")
