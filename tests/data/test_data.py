"""nbnet.Data: splits, checks, preprocessing, class names."""

import numpy as np
import pytest

from nbnet.data import Data
from nbnet.errors import DataError
from nbnet.preprocessing import Flatten, Pipeline, Standardize


@pytest.fixture
def split():
    rng = np.random.default_rng(0)

    def make(count, shape=(3,)):
        return rng.normal(2, 3, (count, *shape)), np.arange(count) % 2

    return make


def test_splits_are_as_given(split):
    train, test = split(8), split(4)
    data = Data(train, test=test)
    np.testing.assert_array_equal(data.train[0], train[0])
    np.testing.assert_array_equal(data.test[1], test[1])
    assert data.validation is None
    assert list(data.splits) == ["train", "test"]
    assert data.input_shape == (3,)


def test_lists_are_taken():
    data = Data(([[0, 0], [0, 1]], [0, 1]))
    assert data.train[0].shape == (2, 2)


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (np.zeros((2, 3)), r"expected train=\(x, y\), .* received ndarray"),
        ((np.zeros((2, 3)),), "received 1 items"),
        (None, "received NoneType"),
        ((np.zeros((3, 2)), np.zeros(2, int)), r"received 3 inputs \(3, 2\) and 2 labels \(2,\)"),
        ((np.zeros((0, 2)), np.zeros(0, int)), "train x: expected at least one sample"),
        (([[1, 2]], ["a"]), "train y: expected numbers"),
    ],
)
def test_a_bad_split_is_refused(train, words):
    with pytest.raises(DataError, match=words):
        Data(train)


def test_splits_must_be_alike(split):
    with pytest.raises(DataError, match=r"expected test x with samples of shape \(3,\), as in train; received \(4,\)"):
        Data(split(8), test=split(4, (4,)))
    x, y = split(4)
    with pytest.raises(DataError, match=r"expected validation y with samples of shape \(\)"):
        Data(split(8), validation=(x, y[:, None]))


def test_an_empty_validation_split_is_refused(split):
    x, y = split(4)
    with pytest.raises(DataError, match="validation x: expected at least one sample"):
        Data(split(8), (x[:0], y[:0]))


def test_statistics_are_learned_from_training_inputs_only(split):
    train, test = split(50), split(20)
    data = Data(train, test=(test[0] + 100, test[1]), preprocess=Standardize())
    np.testing.assert_allclose(data.train[0].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train[0].std(0), 1, rtol=1e-5)
    expected = (test[0] + 100 - train[0].mean(0)) / train[0].std(0)
    np.testing.assert_allclose(data.test[0], expected, rtol=1e-4)
    assert data.train[0].dtype == np.float32


def test_a_fitted_step_is_not_fitted_again(split):
    step = Standardize(mean=[0.0, 0.0, 0.0], std=[2.0, 2.0, 2.0])
    train = split(6)
    np.testing.assert_allclose(Data(train, preprocess=step).train[0], train[0] / 2, rtol=1e-6)


def test_a_list_becomes_a_pipeline(split):
    data = Data(split(6, (2, 2)), preprocess=[Flatten(), Standardize()])
    assert isinstance(data.preprocess, Pipeline)
    assert data.input_shape == (4,)
    assert data.input_spec.shape == (2, 2)


def test_any_function_will_do_in_process(split):
    train = split(6)
    np.testing.assert_allclose(Data(train, preprocess=lambda x: x * 2).train[0], train[0] * 2)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: None, "returned None for train x"),
        (lambda x: x[:2], "must keep the number of samples; it made 2 of 6 in train"),
        (lambda x: x.mean(0, keepdims=True), "must keep the number"),
        (lambda x: np.log(np.zeros_like(x) + (x > 1e9)), "preprocessed by .* received -inf"),
        (lambda x: x.reshape(6, 3) if len(x) == 6 else x.reshape(4, 3, 1), "expected test, preprocessed x"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_preprocessing_makes_is_checked(split, function, words):
    with pytest.raises(DataError, match=words):
        Data(split(6), test=split(4), preprocess=function)


@pytest.mark.parametrize(
    ("preprocess", "words"),
    [("standardize", "received 'standardize'"), (Standardize, r"Write Standardize\(\)"), ([1], "received 1")],
)
def test_what_is_no_preprocessing_is_refused(split, preprocess, words):
    with pytest.raises(DataError, match=words):
        Data(split(6), preprocess=preprocess)


def test_a_transformer_of_another_library_is_told_how(split):
    class Scaler:
        def transform(self, x):
            return x

    with pytest.raises(DataError, match=r"preprocess=scaler.fit\(x_train\).transform"):
        Data(split(6), preprocess=Scaler())
    Data(split(6), preprocess=Scaler().transform)


def test_class_names(split):
    assert Data(split(6), class_names=["even", "odd"]).class_names == ("even", "odd")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["only"], "expected labels 0 to 0 for 1 class_names; train y has 1 at sample 1. Labels are counted from 0"),
        (["a", "a"], "has 'a' more than once"),
        ("ab", "sequence of names"),
        ([], "sequence of names"),
        ([0, 1], "sequence of names"),
    ],
)
def test_class_names_that_do_not_fit_are_refused(split, names, words):
    with pytest.raises(DataError, match=words):
        Data(split(6), class_names=names)


def test_class_names_are_compared_with_columns(split):
    x, _ = split(6)
    with pytest.raises(DataError, match="train y has 3 columns; class_names has 2 names"):
        Data((x, np.eye(3)[np.arange(6) % 3]), class_names=["a", "b"])


def test_labels_of_other_splits_are_compared_too(split):
    x, _y = split(4)
    with pytest.raises(DataError, match="test y has 3 at sample 2"):
        Data(split(6), test=(x, np.array([0, 1, 3, 1])), class_names=["a", "b"])


def test_hinge_labels_are_no_error(split):
    x, y = split(6)
    Data((x, y * 2 - 1), class_names=["no", "yes"])


def test_summary(split):
    data = Data(split(1200), split(30), preprocess=Standardize(), class_names=["even", "odd"])
    assert repr(data).splitlines() == [
        "Data: 2 classes (even, odd)",
        "  train      1,200 samples  x (3,) float32  y () int64",
        "  validation    30 samples  x (3,) float32  y () int64",
        "  preprocess Standardize(axis=-1, fitted)",
    ]


def test_many_class_names_are_shortened(split):
    names = [f"class{i}" for i in range(100)]
    assert "100 classes (class0, class1, class2, class3, …, class99)" in repr(Data(split(6), class_names=names))


def test_from_npz(tmp_path, split):
    (x, y), (xv, yv), (xt, yt) = split(6), split(3), split(2)
    path = tmp_path / "all.npz"
    names = np.array(["even", "odd"])
    np.savez(path, x_train=x, y_train=y, x_val=xv, y_val=yv, x_test=xt, y_test=yt, class_names=names)
    data = Data.from_npz(path)
    np.testing.assert_array_equal(data.train[0], x)
    np.testing.assert_array_equal(data.validation[0], xv)
    np.testing.assert_array_equal(data.test[1], yt)
    assert data.class_names == ("even", "odd")


def test_from_npz_takes_x_and_y(tmp_path, split):
    x, y = split(6)
    np.savez(tmp_path / "plain.npz", x=x, y=y)
    data = Data.from_npz(tmp_path / "plain.npz", preprocess=Flatten())
    assert data.test is None
    assert len(data.train[0]) == 6


def test_from_npz_says_what_is_missing(tmp_path, split):
    x, y = split(6)
    np.savez(tmp_path / "a.npz", data=x)
    with pytest.raises(DataError, match=r"expected the arrays x_train and y_train .* received data"):
        Data.from_npz(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y, x_test=x)
    with pytest.raises(DataError, match="has x_test but not y_test"):
        Data.from_npz(tmp_path / "b.npz")
