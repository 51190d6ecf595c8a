"""elementwise: formulas over math as operators, with derivatives given or derived."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nbnet
from nbnet.errors import GradientError, KernelError, ShapeError
from nbnet.graph import ops
from nbnet.graph.gradient import gradients
from nbnet.graph.graph import Graph, evaluate, make_input
from nbnet.graph.ops.formula import elementwise
from nbnet.graph.trace import Trace, tracing
from tests.graph.numerical import central_differences

SCALE = 0.044715


def cube(x):
    return x * x * x


def gelu(x, factor=0.5):
    return factor * x * (1.0 + math.tanh(math.sqrt(2.0 / math.pi) * (x + SCALE * cube(x))))


def check(formula, *arrays, order=1):
    """The derivative of `order` against central differences."""
    leaves = [make_input(array.shape, array.dtype, index) for index, array in enumerate(arrays)]
    target = ops.sum(formula(*leaves))
    for _ in range(order - 1):
        target = sum((ops.sum(part) for part in gradients(target, leaves)), start=ops.sum(target * 0.0))
    found = evaluate(Graph(tuple(leaves), tuple(gradients(target, leaves))), arrays)
    for index, value in enumerate(found):
        wanted = central_differences(lambda *x: evaluate(Graph(tuple(leaves), (target,)), x)[0].item(), arrays, index)
        np.testing.assert_allclose(value, wanted, rtol=2e-6, atol=1e-7)


POINTS = np.array([-1.3, -0.2, 0.4, 2.1])
INSIDE = np.array([0.15, 0.4, 0.8])


def bound(scale):
    """A closure over a number and a function."""
    inner = lambda value: math.exp(-value * value / scale)  # noqa: E731
    return lambda x: inner(x) * scale


def countdown(x, n=3):
    """Calls itself."""
    return x if n == 0 else math.sin(x) * countdown(x, n - 1)


def starred(x):
    total = 0.0
    for factor in (1.0, 2.0, 3.0):
        total += factor * x**2
    return total


@pytest.mark.parametrize(
    "function",
    [
        gelu, bound(1.7), countdown, starred, lambda x: x / (1 + math.exp(-x)), lambda x: math.pow(x * x + 1, 1.5),
        lambda x: math.fabs(x) + abs(x), lambda x: max(x, 0.1) * min(x, 0.2, 3.0), lambda x: math.log(1 + x * x, 3.0),
        lambda x: math.erf(x) + math.erfc(x) * 2 + math.expm1(x), lambda x: math.sinh(x) * math.cosh(x),
        lambda x: math.tan(x * 0.3) + math.atan(x) * math.asinh(x), lambda x: math.hypot(x, 1.0) + math.atan2(x, 2.0),
        lambda x: math.floor(x) * x + math.ceil(x), lambda x: np.exp(-x) * np.square(x) + np.sin(x),
        lambda x: np.where(x > 0.1, np.tanh(x), np.maximum(x, -1.0)), lambda x: float(x) * 2,
        lambda x: x * math.e + math.tau, lambda x: sum([x, x * x, 1.0]),
    ],
)  # fmt: skip
def test_derived_derivatives(function):
    formula = elementwise(function)
    np.testing.assert_allclose(formula(POINTS), [function(float(x)) for x in POINTS], rtol=1e-13)
    check(formula, POINTS)
    check(formula, POINTS, order=2)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: math.asin(x) + math.acos(x) * x, lambda x: math.atanh(x) + math.acosh(1.5 + x),
        lambda x: math.log2(x),
        lambda x: math.log10(x) * math.log1p(x), lambda x: math.sqrt(x) / math.log(x),
        lambda x: np.log10(x) + np.arcsin(x),
    ],
)  # fmt: skip
def test_derived_derivatives_of_functions_with_a_domain(function):
    check(elementwise(function), INSIDE)
    check(elementwise(function), INSIDE, order=2)


def test_several_operands_broadcast():
    formula = elementwise(lambda a, b, c: a * math.exp(-b) + b * c * c)
    arrays = POINTS[:, None], INSIDE, np.array(0.7)
    wanted = arrays[0] * np.exp(-arrays[1]) + arrays[1] * arrays[2] ** 2
    np.testing.assert_allclose(formula(*arrays), wanted, rtol=1e-13)
    check(formula, *arrays)
    check(formula, *arrays, order=2)
    with pytest.raises(ShapeError, match="'formula' expects shapes that broadcast"):
        formula(POINTS, INSIDE, 0.0)
    with pytest.raises(TypeError, match="takes 3 operands; received 1"):
        formula(POINTS)


def test_operands_that_depend_on_each_other():
    formula = elementwise(lambda a, b: a * a * b)
    check(lambda x: formula(x, x * x), POINTS)


def test_formulas_in_formulas():
    inner = elementwise(lambda x: math.tanh(x))
    check(elementwise(lambda x: inner(x) * x), POINTS)


def test_given_partials_are_used():
    formula = elementwise(lambda a, b: a * b, lambda a, b, y: 100.0 * b, lambda a, b, y: y)
    a, b = make_input((2,), np.dtype("float64")), make_input((2,), np.dtype("float64"), 1)
    found = evaluate(
        Graph((a, b), tuple(gradients(ops.sum(formula(a, b)), [a, b]))), [np.array([2.0, 3.0]), np.array([5.0, 7.0])]
    )
    np.testing.assert_array_equal(found, [[500.0, 700.0], [10.0, 21.0]])


def leaky(x):
    if x > 0.0:
        return x
    return 0.1 * x


def test_branches_compute_but_have_no_derived_derivative():
    formula = elementwise(leaky)
    np.testing.assert_array_equal(formula(np.array([2.0, -2.0])), [2.0, -0.2])
    x = make_input((2,), np.dtype("float32"))
    with pytest.raises(
        GradientError, match=r"'leaky' cannot be derived.*decides by the value.*Give its partial.*ops\.where"
    ):
        gradients(ops.sum(formula(x)), [x])
    check(elementwise(leaky, lambda x, y: 1.0 if x > 0.0 else 0.1), POINTS)


def test_functions_without_a_known_derivative_are_named():
    x = make_input((2,), np.dtype("float32"))
    with pytest.raises(GradientError, match="'gamma' has no known derivative"):
        gradients(ops.sum(elementwise(lambda v: math.gamma(v))(x)), [x])


def test_a_formula_that_ignores_an_operand_passes_it_nothing():
    a, b = make_input((2,), np.dtype("float32")), make_input((2,), np.dtype("float32"), 1)
    first, second = gradients(ops.sum(elementwise(lambda a, b: 2.0 * a)(a, b)), [a, b])
    np.testing.assert_array_equal(evaluate(Graph((a, b), (first, second)), [np.ones(2), np.ones(2)]), [[2, 2], [0, 0]])
    (none,) = gradients(ops.sum(elementwise(lambda a: 3.0)(a)) + ops.sum(a), [a])
    np.testing.assert_array_equal(evaluate(Graph((a,), (none,)), [np.ones(2)])[0], [1.0, 1.0])


def test_computed_in_the_dtype_of_the_operands():
    tenth = elementwise(lambda x: x - 0.1)
    assert tenth(np.float32(0.1)) == 0.0
    assert tenth(np.array(0.1, "float64")) == 0.0
    assert tenth(np.float32(0.1)).dtype == np.float32
    assert tenth(np.array([1], "int32")).dtype == np.float32
    assert elementwise(lambda x: 1.0 if x > 0.1 else 0.0)(np.float32(0.1)) == 0.0
    assert elementwise(lambda x: (x + 1e8) - 1e8)(np.float32(1.0)) == 0.0


def test_ieee_values_instead_of_exceptions():
    inf, nan = math.inf, math.nan
    cases = [
        (lambda x: 1.0 / x, 0.0, inf), (lambda x: math.exp(x), 1000.0, inf), (lambda x: math.log(x), 0.0, -inf),
        (lambda x: math.sqrt(x), -1.0, nan), (lambda x: math.pow(x, 0.5), -1.0, nan),
        (lambda x: math.cosh(x), 1e5, inf),
        (lambda x: 1.0 / max(x, 0.0), -1.0, inf), (lambda x: math.lgamma(x), 0.0, nan),
        (lambda x: math.gamma(x), 1e3, inf),
        (lambda x: x * x, 1e200, inf), (lambda x: math.fmod(x, 0.0), 1.0, nan), (lambda x: 1.0 / float(x), 0.0, inf),
        (lambda x: 1.0 / (x if x > 0.0 else 0.0), -1.0, inf), (lambda x: 1 / max(x, 0), -1.0, inf),
    ]  # fmt: skip
    for function, x, wanted in cases:
        np.testing.assert_array_equal(elementwise(function)(np.array([x])), [wanted])


def test_functions_typed_at_a_prompt():
    names = {"math": math}
    exec("def f(x):\n    return helper(x) * 2.0\ndef helper(x):\n    return math.exp(x)", names)
    check(elementwise(names["f"]), POINTS)


def test_compiled_helpers_are_read_through_their_python_function():
    class Compiled:
        py_func = staticmethod(cube)

        def __call__(self, x):
            raise AssertionError("the compiled function cannot take tensors")

    helper = Compiled()
    check(elementwise(lambda x: helper(x) + x), POINTS)


def test_the_function_itself_is_left_alone():
    elementwise(gelu)(make_input((2,), np.dtype("float32")))
    check(elementwise(gelu), POINTS)
    assert gelu(1.0) == 0.5 * (1.0 + math.tanh(math.sqrt(2.0 / math.pi) * (1.0 + SCALE)))


def test_globals_are_read_when_the_formula_is_used(monkeypatch):
    monkeypatch.setitem(gelu.__globals__, "SCALE", 0.0)
    np.testing.assert_allclose(elementwise(gelu)(1.0), gelu(1.0), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: elementwise(math.exp), TypeError, "Wrap it"),
        (lambda: elementwise(lambda: 1.0), TypeError, "fixed number"),
        (lambda: elementwise(lambda *x: 1.0), TypeError, "fixed number"),
        (lambda: elementwise(3), TypeError, "received 3"),
        (lambda: elementwise(lambda a, b: a, lambda a, b, y: 1.0), GradientError, r"takes 2 partial deriv.*or none"),
        (lambda: elementwise(cube, cube), GradientError, "'cube' takes 1"),
    ],
)  # fmt: skip
def test_arguments_are_checked(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_nodes_and_names():
    node = elementwise(gelu)(make_input((2, 3), np.dtype("float32")))
    assert (node.op.name, node.op.kind, node.shape, node.dtype) == ("formula", "formula", (2, 3), np.float32)
    assert node.attrs["formula"].function is gelu
    assert "formula(%0, formula=gelu)" in str(Graph((node.inputs[0],), (node,)))
    assert elementwise(gelu, name="GELU").name == "GELU"
    assert repr(elementwise(lambda x, y: x)) == "formula"


def test_eager_values_and_empty_arrays():
    formula = elementwise(gelu)
    with tracing(Trace(eager=True)):
        x = ops.zeros((2,)) + 1.0
        (grad,) = gradients(ops.sum(formula(x)), [x])
        np.testing.assert_allclose(grad.numpy(), 1.0829641, rtol=1e-6)
    assert formula(np.zeros((0, 3))).shape == (0, 3)
    assert formula(np.zeros((0, 3), "float32")).dtype == np.float32


def _ends_without_return(x):
    math.exp(x)


@pytest.mark.parametrize("function", [_ends_without_return, lambda x: x if x > 0 else None])
def test_a_formula_that_returns_none_is_refused(function):
    with pytest.raises(TypeError, match="does it end with return"):
        nbnet.elementwise(function)


@pytest.mark.parametrize("size", [3, 100])
def test_a_helper_that_returns_none_is_told(size):
    formula = nbnet.elementwise(lambda x: _ends_without_return(x))
    x = np.ones(size, np.float32)
    with pytest.raises(TypeError, match="does it end with return"):
        formula(x)
    with pytest.raises(KernelError, match="does it end with return"):
        nbnet.function(formula)(x)
    with pytest.raises(GradientError, match="does it end with return"):
        nbnet.grad(lambda x: nbnet.ops.sum(formula(x)))(x)
