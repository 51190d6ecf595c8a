"""The learning glass against a step worked out by hand, and against the step that the model then makes."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
from nbnet import ops
from nbnet.errors import ArgumentError, NotBuiltError
from nbnet.layers import BatchNormalization, Concatenate, Dense, Dropout
from nbnet.training.glass import trace_step
from nbnet.training.glass.formulas import formula_of

KERNEL_1 = np.array([[0.5, -0.3], [0.2, 0.4]])
BIAS_1 = np.array([0.1, -0.1])
KERNEL_2 = np.array([[0.7], [-0.6]])
BIAS_2 = np.array([0.05])
X, Y, RATE = np.array([[1.0, 0.5]]), np.array([[1.0]]), 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def network(loss="mse", optimizer=None):
    """2-2-1 with sigmoids and known weights."""
    model = nbnet.Sequential(
        [Dense(2, "sigmoid", name="hidden", input_shape=(2,)), Dense(1, "sigmoid", name="out")], name="net"
    )
    model.compile(optimizer or nbnet.optimizers.SGD(RATE), loss)
    model.set_weights([KERNEL_1, BIAS_1, KERNEL_2, BIAS_2])
    return model


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7)


def test_a_step_of_2_2_1_by_hand():
    z1 = X @ KERNEL_1 + BIAS_1
    a1 = sigmoid(z1)
    z2 = a1 @ KERNEL_2 + BIAS_2
    a2 = sigmoid(z2)
    d_a2 = 2 * (a2 - Y)
    d_z2 = d_a2 * a2 * (1 - a2)
    d_a1 = d_z2 @ KERNEL_2.T
    d_z1 = d_a1 * a1 * (1 - a1)
    step = trace_step(network(), X, Y)
    hidden, out = step.layers
    assert (hidden.name, hidden.layer, hidden.activation) == ("hidden", "Dense", "sigmoid")
    close(hidden.inputs[0], X)
    close(hidden.weights["kernel"], KERNEL_1)
    close(hidden.z, z1)
    close(hidden.output, a1)
    close(hidden.slope, a1 * (1 - a1))
    close(hidden.output_gradient, d_a1)
    close(hidden.z_gradient, d_z1)
    close(out.z, z2)
    close(out.output, a2)
    close(out.output_gradient, d_a2)
    close(out.z_gradient, d_z2)
    close(step.loss, (a2 - Y).item() ** 2)
    assert step.loss == step.data_loss
    assert step.loss_formula == formula_of(nbnet.losses.MeanSquaredError)
    assert step.scalars == {"learning_rate": RATE}
    expected = {
        "hidden/kernel": (KERNEL_1, X.T @ d_z1),
        "hidden/bias": (BIAS_1, d_z1[0]),
        "out/kernel": (KERNEL_2, a1.T @ d_z2),
        "out/bias": (BIAS_2, d_z2[0]),
    }
    assert [change.name for change in step.changes] == list(expected)
    for change in step.changes:
        before, gradient = expected[change.name]
        close(change.before, before)
        close(change.gradient, gradient)
        close(change.after, before - RATE * gradient)


def test_a_cross_entropy_is_computed_from_z():
    a2 = sigmoid(sigmoid(X @ KERNEL_1 + BIAS_1) @ KERNEL_2 + BIAS_2)
    step = trace_step(network("binary_crossentropy"), X, Y)
    close(step.layers[1].z_gradient, a2 - Y)
    assert step.layers[1].output_gradient is None
    assert any("computed from z of out" in remark for remark in step.remarks)
    close(step.loss, -np.log(a2).item())


def content(model):
    """Everything that is saved of a model."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.nbnet")
        return (Path(folder) / "model.nbnet").read_bytes()


def deep(seed=3):
    """Normalization, dropout and Adam: state, random numbers and slots."""
    nbnet.set_seed(seed)
    model = nbnet.Sequential(
        [Dense(4, use_bias=False, input_shape=(2,)), BatchNormalization(), Dropout(0.5), Dense(3, "softmax")],
        name="deep",
    )
    model.compile(nbnet.optimizers.Adam(0.1), "sparse_categorical_crossentropy", ["accuracy"])
    return model


@pytest.fixture
def seed():
    """The seed is as it was afterwards."""
    before = nbnet.get_seed()
    yield
    nbnet.set_seed(before)


def test_it_shows_the_step_that_comes_and_makes_none(seed):
    model = deep()
    x, y = np.random.default_rng(0).normal(size=(8, 2)).astype("float32"), np.arange(8) % 3
    for _ in range(2):  # with fresh slots, then with those of a step
        own = dict(vars(model)), [dict(vars(layer)) for layer in model.layers], vars(model.optimizer).keys()
        before, steps = content(model), model.steps
        step = trace_step(model, x, y)
        assert content(model) == before
        assert model.steps == steps
        assert model.optimizer.iterations == steps
        assert (dict(vars(model)), [dict(vars(layer)) for layer in model.layers], vars(model.optimizer).keys()) == own
        loss, _ = model.train_on_batch(x, y)
        assert step.loss == pytest.approx(loss, rel=1e-5)
        expected = {weight.name: weight.numpy() for weight in model.weights}
        found = {change.name: change.after for change in step.changes}
        assert set(expected) <= set(found)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6)
    assert any(change.name.endswith("/momentum") for change in step.changes)


def test_everything_is_shown():
    text = str(trace_step(network(), X, Y))
    for piece in (
        "Step 1 of model 'net' on 1 sample",
        "1. hidden (Dense, sigmoid)",
        "f = sigmoid: 1 / (1 + e ** -x)",
        "Loss: MeanSquaredError",
        "w ← w - η g",
        "learning_rate = 0.5",
        "hidden/kernel[1,0]",
        "dL/dz",
    ):
        assert piece in text
    assert f"{sigmoid(X @ KERNEL_1 + BIAS_1)[0, 1]:.6f}" in text


def test_large_matrices_are_shortened_and_small_ones_are_not():
    model = nbnet.Sequential([Dense(300, input_shape=(200,)), Dense(2)])
    model.compile("sgd", "mse")
    step = trace_step(model, np.ones((20, 200)), np.ones((20, 2)))
    text = str(step)
    assert len(text.splitlines()) < 150
    assert max(map(len, text.splitlines())) < 160
    norm = np.linalg.norm(step.layers[0].weights["kernel"])
    assert f"200 × 300, norm {norm:.6g}, from " in text


def test_json_holds_every_number():
    step = trace_step(network(), X, Y)
    plain = step.to_json()
    assert plain["layers"][0]["z"] == step.layers[0].z.tolist()
    assert plain["changes"][0]["gradient"] == step.changes[0].gradient.tolist()


def test_a_train_step_of_ones_own_is_shown_as_it_is():
    model = nbnet.Perceptron()
    model.build((None, 2))
    step = trace_step(model, [[1.0, 2.0]], [0])
    assert step.changes[0].gradient.ravel().tolist() == [1.0, 2.0]  # the perceptron rule: (ŷ - y) x
    assert step.changes[0].after.ravel().tolist() == [-1.0, -2.0]
    assert any("train_step of its own" in remark for remark in step.remarks)
    shown = str(step)
    assert "w ← w + η (y - ŷ) x" in shown
    assert "given kernel" in shown
    assert "dL/dkernel" not in shown
    assert "dL/dkernel = xᵀ dL/dz" in str(trace_step(network(), X, Y))


def test_numbers_that_are_not_finite_are_pointed_out():
    model = network(lambda y_true, y_pred: ops.log(y_pred - y_pred))
    with np.errstate(all="ignore"):
        step = trace_step(model, X, Y)
    assert any("A real step would stop here and write nothing" in remark for remark in step.remarks)


def test_another_thread_predicts_meanwhile():
    import threading

    model, seen = network(), []

    def loss(y_true, y_pred):
        thread = threading.Thread(target=lambda: seen.append(model.predict(X.astype("float32"))))
        thread.start()
        thread.join()
        return ops.mean(ops.square(y_true - y_pred))

    expected = model.predict(X.astype("float32"))
    model.compile("sgd", loss)
    step = trace_step(model, X, Y)
    assert len(step.layers) == 2
    np.testing.assert_array_equal(seen[0], expected)


def test_a_model_must_be_compiled():
    with pytest.raises(NotBuiltError, match="compile"):
        trace_step(nbnet.Sequential([Dense(1, input_shape=(1,))]), [[1.0]], [[1.0]])


def test_formulas_come_from_docstrings():
    assert formula_of(nbnet.optimizers.SGD).startswith("w ← w - η g;")
    assert formula_of(nbnet.optimizers.SGD(0.1)) == formula_of(nbnet.optimizers.SGD)
    assert formula_of(nbnet.activations.relu) == "max(x, 0)."
    assert formula_of(Dense(1), summary=True).startswith("activation(x · kernel + bias)")
    assert formula_of(lambda x: x) == ""


def test_several_outputs_penalties_and_a_layer_that_is_called_twice():
    x, other = nbnet.Input(shape=(2,), name="x"), nbnet.Input(shape=(3,), name="other")
    shared = Dense(2, "tanh", kernel_regularizer="l2", name="shared")
    joined = Concatenate(name="joined")([shared(shared(x)), other])
    outputs = [Dense(1, "sigmoid", name="yes")(joined), Dense(3, "softmax", name="which")(joined)]
    model = nbnet.Model([x, other], outputs, name="two")
    model.compile("sgd", ["binary_crossentropy", "sparse_categorical_crossentropy"], loss_weights=[1.0, 0.5])
    xs = [np.ones((2, 2), "float32"), np.zeros((2, 3), "float32")]
    ys = [np.array([[0.0], [1.0]], "float32"), np.array([0, 2])]
    step = trace_step(model, xs, ys)
    assert [layer.name for layer in step.layers] == ["shared", "shared", "joined", "yes", "which"]
    close(step.layers[1].inputs[0], step.layers[0].output)
    penalty = 0.01 * np.square(shared.kernel.numpy()).sum()
    close(step.loss - step.data_loss, penalty)
    assert step.loss_name == "BinaryCrossentropy of yes, SparseCategoricalCrossentropy of which"
    text = str(step)
    assert text.count("dL/dkernel of 2 calls") == 1
    assert "penalties of weights and activities" in text
    close(model.train_on_batch(xs, ys)[0], step.loss)
    for change in step.changes:
        weight = next(item for item in model.weights if item.name == change.name)
        close(weight.numpy(), change.after)


class Pair(nbnet.Model):
    """Two networks whose layers have the same names, each with an optimizer of its own."""

    def __init__(self):
        super().__init__(name="pair")
        self.first = nbnet.Sequential([Dense(2, input_shape=(2,)), Dense(1)])
        self.second = nbnet.Sequential([Dense(3, input_shape=(2,)), Dense(1)])
        self.other = nbnet.optimizers.SGD(0.25)

    def call(self, x):
        return self.first(x)

    def train_step(self, x, y):
        losses = [ops.mean(ops.square(network(x) - y)) for network in (self.first, self.second)]
        for optimizer, network, loss in zip(
            (self.optimizer, self.other), (self.first, self.second), losses, strict=True
        ):
            weights = network.trainable_weights
            optimizer.apply(loss, nbnet.gradients(loss, weights), weights)
        return {"loss": losses[0]}


def test_layers_of_one_name_in_two_networks_are_told_apart():
    model = Pair()
    model.compile(nbnet.optimizers.SGD(0.5), "mse")
    x, y = np.array([[1.0, 2.0]], "float32"), np.array([[0.5]], "float32")
    step = trace_step(model, x, y)
    names = [layer.name for layer in step.layers]
    assert names == ["first/dense", "first/dense_1", "second/dense", "second/dense_1"]
    assert all(layer.calls == 1 for layer in step.layers)
    assert len({change.name for change in step.changes}) == 8
    gradients = {change.name: change.gradient for change in step.changes}
    for layer in step.layers:
        assert set(layer.weight_gradients) == {"kernel", "bias"}
        for name, gradient in layer.weight_gradients.items():
            assert gradient.shape == layer.weights[name].shape
            np.testing.assert_array_equal(gradient, gradients[f"{layer.name}/{name}"])
    close(
        step.layers[2].weight_gradients["kernel"],
        x.T @ (2 * (step.layers[3].output - y) @ model.second.weights[2].numpy().T),
    )
    assert step.scalars == {"learning_rate": 0.5}  # of the first update, whose optimizer is shown


def test_the_rate_of_adam_is_told_from_what_its_formula_takes_in_its_place():
    numbers = trace_step(network(optimizer=nbnet.optimizers.Adam(0.25)), X, Y).scalars
    assert list(numbers) == ["learning_rate", "η'"]
    close(numbers["learning_rate"], 0.25)
    close(numbers["η'"], 0.25 * np.sqrt(1 - 0.999) / (1 - 0.9))
    grouped = nbnet.optimizers.AdamW(0.25, weight_decay=0.5, groups={"out/*": {"lr_scale": 0.5}})
    numbers = trace_step(network(optimizer=grouped), X, Y).scalars
    close(numbers["η' where lr_scale is 0.5"], numbers["η'"] / 2)
    close([numbers["η λ where λ is 0.5"], numbers["η λ where λ is 0.25"]], [0.125, 0.0625])


def test_weights_of_samples_count():
    model = network()
    x, y, weights = np.concatenate([X, -X]), np.concatenate([Y, Y]), np.array([2.0, 0.5])
    step = trace_step(model, x, y, weights)
    errors = np.square(step.y_pred - y).ravel()
    close(step.loss, np.mean(weights * errors))
    assert "weights" in str(step)
    close(model.train_on_batch(x, y, sample_weight=weights), step.loss)


def test_json_of_a_large_network_is_refused():
    step = trace_step(network(), X, Y)
    assert step.size > 30
    with pytest.raises(ArgumentError, match=f"has {step.size} numbers; up to 30 are written"):
        step.to_json(30)
