"""Constraints: values against plain loops, arguments, and what is saved of them."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import constraints, ops, registry
from nbnet.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from nbnet.errors import ShapeError, UnknownNameError
from nbnet.graph.gradient import gradients
from nbnet.models.parts import Decoder, Encoder
from nbnet.runtime.function import Function
from tests.graph.numerical import central_differences
from tests.naive import constraints as naive

# Columns longer than 2, between 1 and 2, shorter than 1, and of length 0.
W = np.array([[0.5, -1.5, 0.2, 0.0], [1.0, 0.25, -0.3, 0.0], [-2.5, 0.1, 0.4, 0.0]])


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", registry.constraints.names())
def test_value(name, dtype, eager):
    w = W.astype(dtype)
    constraint = constraints.get(name)
    found = Function(constraint, eager=eager)(w)
    assert found.dtype == dtype
    wanted = naive.columns(naive.DEFINITIONS[name], w.tolist())
    np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "float32" else 1e-13)
    np.testing.assert_allclose(constraint(w), found, rtol=1e-6)  # on a plain array


@pytest.mark.parametrize("name", registry.constraints.names())
def test_gradient(name):
    w = W[:, :3]
    weights = np.arange(9.0).reshape(3, 3)

    def slope(w):
        return gradients(ops.sum(constraints.get(name)(w) * weights), [w])[0]

    definition = naive.DEFINITIONS[name]
    wanted = central_differences(lambda w: float(np.sum(weights * naive.columns(definition, w.tolist()))), [w], 0)
    np.testing.assert_allclose(Function(slope)(w), wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["max_norm", "min_max_norm", "non_neg"])
def test_what_satisfies_it_keeps_its_bits(name):
    w = (np.abs(W[:, 2:]) / 1e3).astype("float32")
    np.testing.assert_array_equal(Function(constraints.get(name))(w), w)


@pytest.mark.parametrize(
    ("constraint", "definition", "arguments"),
    [
        (MaxNorm(0.5), naive.max_norm, (0.5,)),
        (MinMaxNorm(0.7, 1.5, 0.25), naive.min_max_norm, (0.7, 1.5, 0.25)),
        (MinMaxNorm(1.0, 1.0), naive.unit_norm, ()),
    ],
    ids=repr,
)
def test_arguments_and_their_way_through_a_file(constraint, definition, arguments):
    np.testing.assert_allclose(constraint(W), naive.columns(definition, W.tolist(), *arguments), rtol=1e-13)
    encoder = Encoder({})
    twin = Decoder({}, {}).decode(encoder.encode(constraint))
    assert repr(twin) == repr(constraint)
    assert not encoder.custom
    np.testing.assert_array_equal(twin(W), constraint(W))


@pytest.mark.parametrize(
    "make", [lambda axis: MaxNorm(0.5, axis), UnitNorm, lambda axis: MinMaxNorm(0.5, 0.9, 1, axis)]
)
def test_axes(make):
    np.testing.assert_array_equal(make(1)(W.T), make(0)(W).T)
    kernel = W[:, :2].reshape(3, 2, 1) * np.ones(4)
    flat = make(0)(kernel.reshape(6, 4)).reshape(3, 2, 4)
    np.testing.assert_allclose(make([0, 1])(kernel), flat, rtol=1e-14)
    np.testing.assert_allclose(make((-3, -2))(kernel), flat, rtol=1e-14)
    with pytest.raises(ShapeError, match="axis 2"):
        make(2)(W)
    with pytest.raises(TypeError, match=r"an int or several ints; received 0\.5"):
        make(0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxNorm(0), "MaxNorm expects max_value > 0; received 0"),
        (lambda: MaxNorm(float("nan")), "max_value > 0"),
        (lambda: MinMaxNorm(2, 1), "0 <= min_value <= max_value; received 2 and 1"),
        (lambda: MinMaxNorm(-1, 1), "0 <= min_value"),
        (lambda: MinMaxNorm(rate=1.5), r"a rate in \[0, 1\]; received 1\.5"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_get():
    assert constraints.get(None) is None
    given = MaxNorm(3)
    assert constraints.get(given) is given
    assert isinstance(constraints.get("NonNeg"), NonNeg)
    assert isinstance(constraints.get(UnitNorm), UnitNorm)
    np.testing.assert_array_equal(constraints.get(lambda w: w * 2)(W), 2 * W)
    with pytest.raises(UnknownNameError, match="max_norm"):
        constraints.get("maxnorm")
    with pytest.raises(TypeError, match="Expected a constraint"):
        constraints.get(2)
    with pytest.raises(NotImplementedError, match="Constraint defines no __call__"):
        Constraint()(W)
