"""Each preprocessing step by its definition."""

import numpy as np
import pytest

from nbnet.errors import DataError
from nbnet.preprocessing import Flatten, Pipeline, Rescale, Reshape, Standardize, Step

RNG = np.random.default_rng(0)


def test_rescale():
    x = np.arange(256, dtype="uint8").reshape(4, 64)
    result = Rescale(1 / 127.5, offset=-1)(x)
    np.testing.assert_allclose(result, x / 127.5 - 1, atol=1e-6)
    assert result.dtype == np.float32
    assert x.dtype == np.uint8


def test_rescale_keeps_the_digits_of_large_numbers():
    years = np.array([[1_700_000_000], [1_700_000_001]], "int64")
    np.testing.assert_array_equal(Rescale(1, -1_700_000_000)(years), [[0], [1]])


@pytest.mark.parametrize("scale", ["1", None, float("nan"), float("inf"), True, [1, 2]])
def test_rescale_expects_numbers(scale):
    with pytest.raises(DataError, match="finite number as scale"):
        Rescale(scale)
    with pytest.raises(DataError, match="finite number as offset"):
        Rescale(1, scale)


def naive_standardize(train, x, kept):
    """Loops over the positions that keep statistics of their own."""
    result = np.empty(x.shape)
    over = [axis for axis in range(train.ndim) if axis not in kept]
    for place in np.ndindex(*[train.shape[axis] for axis in kept]):
        index = [slice(None)] * train.ndim
        for axis, position in zip(kept, place, strict=True):
            index[axis] = position
        values = [float(value) for value in train[tuple(index)].reshape(-1)]
        mean = sum(values) / len(values)
        std = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5 or 1.0
        result[tuple(index)] = (x[tuple(index)].astype(float) - mean) / std
    assert over
    return result


@pytest.mark.parametrize(
    ("shape", "axis", "kept"),
    [
        ((7, 4), -1, [1]),
        ((7, 4), None, []),
        ((5, 3, 4, 2), -1, [3]),
        ((5, 3, 4, 2), (1, 2, 3), [1, 2, 3]),
        ((5, 3, 4), (-1,), [2]),
        ((9,), -1, []),
        ((1, 4), -1, [1]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int64", "bool"])
def test_standardize(shape, axis, kept, dtype):
    train = (RNG.random(shape) * 20).astype(dtype)
    x = (RNG.random(shape) * 20).astype(dtype)
    result = Standardize(axis).fit(train)(x)
    np.testing.assert_allclose(result, naive_standardize(train, x, kept), rtol=2e-5, atol=2e-5)
    assert result.dtype == np.float32


def test_standardize_in_slices(monkeypatch):
    monkeypatch.setattr("nbnet.preprocessing.standardize._CHUNK", 16)
    x = RNG.normal(1e6, 1, (101, 3))
    step = Standardize().fit(x)
    np.testing.assert_allclose(step.mean, x.mean(0), rtol=1e-12)
    np.testing.assert_allclose(step.std, x.std(0), rtol=1e-9)


def test_standardize_keeps_the_digits_of_large_numbers():
    for dtype in ("int64", "float64"):
        seconds = np.array([[1_700_000_000], [1_700_000_002]], dtype)
        np.testing.assert_array_equal(Standardize().fit(seconds)(seconds), [[-1], [1]])


def test_a_constant_feature_becomes_zero():
    x = np.array([[3.0, 1.0], [3.0, 2.0]])
    assert (Standardize().fit(x)(x)[:, 0] == 0).all()


def test_standardize_must_be_fitted():
    assert not Standardize().fitted
    with pytest.raises(DataError, match="is not fitted"):
        Standardize()(np.zeros((2, 2)))


def test_standardize_knows_the_shape_of_its_fit():
    step = Standardize().fit(np.zeros((5, 3)))
    with pytest.raises(DataError, match=r"broadcast against \(3,\); received samples \(4,\)"):
        step(np.zeros((5, 4)))


@pytest.mark.parametrize("axis", [0, 3, -3, (1, 0)])
def test_the_batch_axis_keeps_no_statistics(axis):
    with pytest.raises(DataError, match="expects axes 1 to 2"):
        Standardize(axis).fit(np.zeros((5, 3, 2)))


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"axis": "last"}, "axis as an integer"),
        ({"axis": (1, 2.0)}, "axis as an integer"),
        ({"mean": 1}, "both mean and std"),
        ({"mean": "x", "std": 1}, "numbers as mean"),
        ({"mean": [0, 1], "std": [1]}, "of one shape"),
        ({"mean": 0, "std": 0}, "above 0"),
        ({"mean": float("nan"), "std": 1}, "finite numbers as mean"),
    ],
)
def test_standardize_checks_its_arguments(kwargs, words):
    with pytest.raises(DataError, match=words):
        Standardize(**kwargs)


def test_flatten_and_reshape():
    x = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten()(x), x.reshape(2, 12))
    assert Flatten()(np.arange(3)).shape == (3, 1)
    assert Reshape((4, 3))(x).shape == (2, 4, 3)
    assert Reshape((2, -1, 1))(x).shape == (2, 2, 6, 1)


@pytest.mark.parametrize("shape", [(5,), (5, -1), (24,)])
def test_reshape_keeps_the_number_of_values(shape):
    with pytest.raises(DataError, match=r"cannot take samples of shape \(3, 4\) with 12 values"):
        Reshape(shape)(np.zeros((2, 3, 4)))


@pytest.mark.parametrize("shape", [(0, 3), (-2,), (-1, -1), 5, ("3",), (True,), None])
def test_reshape_checks_its_argument(shape):
    with pytest.raises(DataError, match="tuple of positive extents"):
        Reshape(shape)


def test_pipeline_fits_each_step_to_what_comes_before():
    x = RNG.normal(5, 2, (40, 2, 2))
    pipeline = Pipeline([Rescale(10), Flatten(), Standardize()]).fit(x)
    np.testing.assert_allclose(pipeline.steps[2].mean, 10 * x.reshape(40, 4).mean(0), rtol=1e-5)
    np.testing.assert_allclose(pipeline(x).std(0), 1, rtol=1e-4)


def test_pipelines_in_pipelines_are_one():
    pipeline = Pipeline([Pipeline([Flatten()]), Rescale(2)])
    assert [type(step) for step in pipeline.steps] == [Flatten, Rescale]
    assert repr(pipeline) == "Pipeline([Flatten(), Rescale(scale=2.0, offset=0.0)])"


def test_pipeline_with_functions():
    pipeline = Pipeline([np.abs, Standardize()])
    assert not pipeline.fitted
    x = RNG.normal(0, 1, (30, 2))
    np.testing.assert_allclose(pipeline.fit(x)(x).mean(0), 0, atol=1e-6)
    assert pipeline.fitted


def test_pipeline_expects_steps():
    with pytest.raises(DataError, match=r"write Flatten\(\) with parentheses"):
        Pipeline([Flatten])
    with pytest.raises(DataError, match="received 3"):
        Pipeline([3])


def test_a_step_without_call_says_so():
    class Nothing(Step):
        pass

    with pytest.raises(NotImplementedError, match="Nothing must implement __call__"):
        Nothing()(np.zeros(3))
