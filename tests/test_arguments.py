"""An argument that nobody takes is answered with what was meant, or with what to do instead."""

from __future__ import annotations

import inspect

import pytest

import nbnet
from nbnet.errors import NbnetError
from nbnet.layers import Dense, Layer
from nbnet.losses import SparseCategoricalCrossentropy
from nbnet.optimizers import SGD, Adam


def compiled() -> nbnet.Model:
    """A model that can be trained."""
    model = nbnet.Sequential([Dense(2, input_shape=(3,))])
    model.compile("sgd", "mse")
    return model


CALLS = {
    "Dense takes no argument 'activaton'. Did you mean 'activation'?": lambda: Dense(10, activaton="relu"),
    "SGD takes no argument 'lr'. Did you mean 'learning_rate'?": lambda: SGD(lr=0.1),
    "SGD takes no argument 'momentun'. Did you mean 'momentum'": lambda: SGD(momentun=0.1),
    "SparseCategoricalCrossentropy takes no argument 'fromlogits'. Did you mean 'from_logits'?": lambda: (
        SparseCategoricalCrossentropy(fromlogits=True)
    ),
    "compile() takes no argument 'optimizr'. Did you mean 'optimizer'?": lambda: compiled().compile(optimizr="adam"),
    "predict() takes no argument 'batchsize'. Did you mean 'batch_size'?": lambda: compiled().predict([], batchsize=1),
    "evaluate() takes no argument 'callback'.": lambda: compiled().evaluate([], callback=[]),
    "Dense takes no argument 'kernel_regularize'. Did you mean 'kernel_regularizer'": lambda: Dense(
        3, kernel_regularize="l2"
    ),
    "Adam takes no argument 'loss_scale_factor': it is not available in this version;": lambda: Adam(
        loss_scale_factor=1.0
    ),
}


@pytest.mark.parametrize("message", CALLS)
def test_unknown_arguments(message):
    with pytest.raises(TypeError) as caught:
        CALLS[message]()
    assert isinstance(caught.value, NbnetError)
    assert str(caught.value).startswith(message)


def test_a_class_may_take_what_it_likes():
    class Own(Layer):
        def __init__(self, **kwargs):
            self.depth = kwargs.pop("depth")
            super().__init__(**kwargs)

    assert Own(depth=3, name="deep").depth == 3


def test_checked_functions_keep_their_signature():
    assert list(inspect.signature(nbnet.Model.compile).parameters)[:3] == ["self", "optimizer", "loss"]


def test_layers_are_not_called_on_layers():
    with pytest.raises(TypeError, match="received a layer"):
        Dense(3)(Dense(4))


def test_a_step_takes_inputs_and_targets():
    class Own(nbnet.Model):
        def train_step(self, data):
            return {}

    with pytest.raises(TypeError, match=r"train_step\(self, x, y\).* Own defines train_step\(self, data\)"):
        Own().compile("adam")
