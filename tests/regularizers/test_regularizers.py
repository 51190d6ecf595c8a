"""Regularizers: values and gradients against plain loops, arguments, and what is saved of them."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import registry, regularizers
from nbnet.errors import ShapeError, UnknownNameError
from nbnet.models.parts import Decoder, Encoder
from nbnet.regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer
from nbnet.runtime.function import Function
from tests.graph.numerical import central_differences
from tests.naive import regularizers as naive

W = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75], [-2.0, 0.1, 0.3], [0.7, 0.8, 0.9]])


def penalty_and_slope(regularizer, eager=False):
    """A function of a weight: the penalty and its gradient."""

    def both(w):
        penalty = regularizer(w)
        return penalty, nbnet.gradients(penalty, [w])[0]

    return Function(both, eager=eager)


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", registry.regularizers.names())
def test_value_and_gradient(name, dtype, eager):
    w = W.astype(dtype)
    definition = naive.DEFINITIONS[name]
    value, slope = penalty_and_slope(regularizers.get(name), eager)(w)
    assert (np.shape(value), slope.shape) == ((), w.shape)
    assert slope.dtype == dtype
    np.testing.assert_allclose(value, definition(w.tolist()), rtol=1e-5 if dtype == "float32" else 1e-12)
    wanted = central_differences(lambda w: definition(w.tolist()), [w.astype("float64")], 0)
    close = {"rtol": 2e-5, "atol": 1e-8} if dtype == "float32" else {"rtol": 1e-6, "atol": 1e-9}
    np.testing.assert_allclose(slope, wanted, **close)
    np.testing.assert_allclose(regularizers.get(name)(w), value, rtol=1e-5)  # on a plain array


@pytest.mark.parametrize("name", registry.regularizers.names())
def test_nothing_is_not_punished(name):
    value, slope = penalty_and_slope(regularizers.get(name))(np.zeros_like(W))
    assert value == 0
    np.testing.assert_array_equal(slope, np.zeros_like(W))


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (L1(0.5), naive.l1(W, 0.5)),
        (L2(0.5), naive.l2(W, 0.5)),
        (L1L2(0.1, 0.2), naive.l1_l2(W, 0.1, 0.2)),
        (L1L2(l2=0.2), naive.l2(W, 0.2)),
        (L1L2(l1=0.2), naive.l1(W, 0.2)),
        (OrthogonalRegularizer(2.0, "columns"), naive.orthogonal(W.T.tolist(), 2.0)),
    ],
    ids=repr,
)
def test_arguments_and_their_way_through_a_file(regularizer, expected):
    np.testing.assert_allclose(regularizer(W), expected, rtol=1e-12)
    encoder = Encoder({})
    twin = Decoder({}, {}).decode(encoder.encode(regularizer))
    assert repr(twin) == repr(regularizer)
    assert not encoder.custom
    np.testing.assert_array_equal(twin(W), regularizer(W))


def test_orthogonal_rows():
    assert OrthogonalRegularizer()(np.eye(3, 5) * 7) == 0
    np.testing.assert_allclose(OrthogonalRegularizer(3.0)(np.ones((4, 2))), 3.0, rtol=1e-12)
    assert OrthogonalRegularizer()(np.ones((1, 5))) == 0
    with pytest.raises(ShapeError, match=r"two axes; received shape \(3,\)"):
        OrthogonalRegularizer()(np.ones(3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L1(-0.1), r"L1 expects l1 to be a finite number >= 0; received -0\.1"),
        (lambda: L2(float("nan")), "L2 expects l2"),
        (lambda: L1L2(0.1, float("inf")), "L1L2 expects l2"),
        (lambda: L2("0.1"), "received '0.1'"),
        (lambda: OrthogonalRegularizer(mode="row"), "'rows' or 'columns'; received 'row'"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_get():
    assert regularizers.get(None) is None
    given = L2(0.5)
    assert regularizers.get(given) is given
    assert isinstance(regularizers.get("L1L2"), L1L2)
    assert isinstance(regularizers.get(L1), L1)
    assert regularizers.get(lambda w: 3.0)(W) == 3.0
    with pytest.raises(UnknownNameError, match="l2"):
        regularizers.get("l3")
    with pytest.raises(TypeError, match="Expected a regularizer"):
        regularizers.get(0.01)
    with pytest.raises(NotImplementedError, match="Regularizer defines no __call__"):
        Regularizer()(W)
