"""Layers beside those of Keras: outputs, gradients, ten training steps, moving averages, saving and loading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

import nbnet
from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.distributions import apart
from acceptance.with_keras import peer
from nbnet import layers as nb

kl = keras.layers
BATCH = 6
STEPS = 10


class Pair:
    """A layer of each library with the same weights, and inputs for both.

    Parameters
    ----------
    ours, theirs : callable
        Make the layer; ours takes the dtype.
    shapes : list of tuple of int
        Of a sample of each input.
    several : bool
        Whether the layers are called with a list.
    numbers : int
        Where the input are numbers of rows: how many there are; else 0.
    """

    def __init__(
        self, ours: Callable[..., Any], theirs: Callable[[], Any], shapes: Any, several: bool, numbers: int, dtype: str
    ) -> None:
        self.shapes, self.several, self.numbers, self.dtype = shapes, several, numbers, dtype
        self.ours, self.theirs = ours(dtype=dtype), theirs()
        inputs = self.inputs(0)
        own.values(lambda *items: self.ours(self.given(list(items))), *inputs)
        self.theirs(self.given(list(inputs)))
        rng = samples.generator(6)
        first = [
            rng.uniform(0.5, 2, weight.shape) if "variance" in weight.name else rng.normal(size=weight.shape)
            for weight in self.ours.weights
        ]
        self.set([value.astype(dtype) for value in first])

    def given(self, inputs: list[Any]) -> Any:
        """What the layers are called with."""
        return inputs if self.several else inputs[0]

    def inputs(self, number: int) -> list[np.ndarray]:
        """A batch."""
        if self.numbers:
            rng = samples.generator(5, number)
            return [rng.integers(0, self.numbers, (BATCH, *shape)).astype("int32") for shape in self.shapes]
        return [
            samples.normal((BATCH, *shape), self.dtype, 5, number, place) for place, shape in enumerate(self.shapes)
        ]

    def set(self, values: Sequence[np.ndarray]) -> None:
        """Give both layers these weights, in nbnet's order; names say which is which."""
        self.ours.set_weights(values)
        named = {name_of(weight): value for weight, value in zip(self.ours.weights, values, strict=True)}
        theirs = {variable.name: variable for variable in self.theirs.weights if variable.name not in _THEIRS_ALONE}
        if set(named) != set(theirs):
            raise AssertionError(f"nbnet's weights are {set(named)}, those of Keras {set(theirs)}.")
        for name, value in named.items():
            theirs[name].assign(value)

    def their_weights(self) -> list[np.ndarray]:
        """Keras' weights in nbnet's order."""
        named = {variable.name: variable for variable in self.theirs.weights}
        return [np.asarray(named[name_of(weight)]) for weight in self.ours.weights]


_THEIRS_ALONE = {"count", "seed_generator_state"}


def name_of(weight: Any) -> str:
    """The last part of a weight's name."""
    return str(weight.name.rpartition("/")[2])


def case(
    label: str,
    ours: Callable[..., Any],
    theirs: Callable[[], Any],
    shape: Any,
    numbers: int = 0,
    known: Known | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Case:
    """Inference and training, gradients by inputs and weights, ten steps, and a file."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        several = isinstance(shape, list)
        pair = Pair(ours, theirs, shape if several else [shape], several, numbers, dtype)
        before = pair.ours.get_weights()
        by = [] if numbers else list(range(len(pair.shapes)))
        inputs = pair.inputs(1)
        forward, gradient = [], []
        for training in (False, True):
            pair.set(before)
            y, added, slopes = own.layer_call(pair.ours, pair.given, training, by)(*inputs)
            expected, losses, wanted = peer.layer_call(pair.theirs, pair.given, training, by, inputs)
            forward += [error(y, expected), error(added, losses), errors(pair.ours.get_weights(), pair.their_weights())]
            gradient.append(errors(slopes, wanted))
        pair.set(before)
        found = {"forward": max(forward), "gradient": max(gradient)}
        if before:
            found["steps"] = steps(pair)
        pair.set(before)
        expected = peer.layer_call(pair.theirs, pair.given, False, [], inputs)[0]
        return {**found, "restored": error(own.predicted(pair.ours, pair.given, inputs, custom), expected)}

    return Case(label, compare, known)


def steps(pair: Pair) -> float:
    """Losses and all weights, moving averages among them, in ten training steps."""
    step = own.layer_stepper(pair.ours, pair.given, nbnet.optimizers.SGD(0.01, momentum=0.5))
    optimizer = keras.optimizers.SGD(0.01, momentum=0.5)
    found, expected = [], []
    for number in range(STEPS):
        inputs = pair.inputs(10 + number)
        found.append(step(*inputs))
        expected.append(peer.layer_step(pair.theirs, pair.given, optimizer, inputs))
        found += pair.ours.get_weights()
        expected += pair.their_weights()
    return errors(found, expected)


def same(name: str, shape: Any, *args: Any, numbers: int = 0, **kwargs: Any) -> Case:
    """One with the same name and arguments in both libraries."""
    told = ", ".join([*map(str, args), *(f"{key}={value}" for key, value in kwargs.items())])
    return case(
        f"{name}({told}) of {shape}",
        lambda dtype: getattr(nb, name)(*args, dtype=dtype, **kwargs),
        lambda: getattr(kl, name)(*args, **kwargs),
        shape,
        numbers,
    )


def random(name: str, *args: Any, constant_along: int | None = None, **kwargs: Any) -> Case:
    """One that draws: exact in inference, in training of the same distribution.

    Numbers are compared to three digits behind the point: nbnet resolves a rate in steps of 2^-16.
    """

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        ours, theirs = getattr(nb, name)(*args, dtype=dtype, **kwargs), getattr(kl, name)(*args, **kwargs)
        worst, restored = [0.0], 0.0
        for x in (np.full((300, 40, 10), 2, dtype), samples.normal((300, 40, 10), dtype, 1, scale=2.0)):
            still = np.asarray(theirs(x, training=False))
            worst.append(error(own.values(lambda item: ours(item, training=False), x), still))
            restored = max(restored, error(own.predicted(ours, lambda items: items[0], [x]), still))
            found = own.values(lambda item: ours(item, training=True), x)
            expected = np.asarray(theirs(x, training=True))
            if constant_along is None:
                worst.append(apart(found.round(3), expected.round(3)))
                continue
            dropped = [np.ptp((item == 0).astype("int8"), axis=constant_along).any() for item in (found, expected)]
            rates = [np.take(item, 0, axis=constant_along) for item in (found, expected)]
            worst += [float(np.inf) if any(dropped) else 0.0, apart(*(item.round(3) for item in rates))]
        return {"forward": max(worst), "restored": restored}

    told = ", ".join([*map(str, args), *(f"{key}={value}" for key, value in kwargs.items())])
    return Case(f"{name}({told})", compare)


def adapted(shape: tuple[int, ...], **kwargs: Any) -> Case:
    """Mean and variance of data in three batches, in inference."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        data = 3 * samples.normal((60, *shape), dtype, 3) + np.asarray(2, dtype)
        ours, theirs = nb.Normalization(dtype=dtype, **kwargs), kl.Normalization(**kwargs)
        ours.adapt(data)
        theirs.adapt(data)
        x = samples.normal((BATCH, *shape), dtype, 4)
        statistics = errors(
            [ours.mean.numpy(), ours.variance.numpy()],
            [np.asarray(value).reshape(ours.mean.shape) for value in (theirs.adapt_mean, theirs.adapt_variance)],
        )
        return {"forward": max(statistics, error(own.values(ours, x), np.asarray(theirs(x))))}

    return Case(f"Normalization({kwargs}).adapt(), {shape}", compare)


def cube(x: Any) -> Any:
    """For Lambda, in either library."""
    return x * x * x


TWO = [(3,), (3,)]
MIXED = [(3,), (3,), (4, 3)]

TABLE: Mapping[str, Entry] = {
    "Activation": [same("Activation", (5,), "tanh"), same("Activation", (2, 5), "softmax")],
    "ActivityRegularization": [same("ActivityRegularization", (5,), l1=0.1, l2=0.2)],
    "Add": [same("Add", TWO), same("Add", MIXED), same("Add", [(4, 1), (4, 3), (1, 3)])],
    "AlphaDropout": [random("AlphaDropout", 0.3)],
    "Average": [same("Average", TWO), same("Average", MIXED)],
    "BatchNormalization": [
        same("BatchNormalization", (5,)),
        same("BatchNormalization", (5,), momentum=0.6, epsilon=1e-5),
        same("BatchNormalization", (4, 3, 2), axis=1, momentum=0.8),
        same("BatchNormalization", (4, 3, 2), axis=-2, scale=False),
        same("BatchNormalization", (4, 3), center=False),
        same("BatchNormalization", (5,), gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg"),
    ],
    "Concatenate": [
        same("Concatenate", [(3,), (1,), (2,)]),
        same("Concatenate", [(3, 2), (1, 2)], axis=1),
        same("Concatenate", [(3, 2), (1, 2)], axis=-2),
    ],
    "Dense": [
        same("Dense", (5,), 4),
        same("Dense", (3, 5), 4, activation="softmax"),
        same("Dense", (5,), 4, activation="relu", use_bias=False),
        same("Dense", (5,), 3, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2"),
        same("Dense", (5,), 3, kernel_constraint="non_neg", bias_constraint="non_neg"),
    ],
    "Dot": [
        same("Dot", [(5,), (5,)], 1),
        same("Dot", [(5,), (5,)], -1, normalize=True),
        same("Dot", [(4, 3), (3, 2)], (2, 1)),
        same("Dot", [(4, 3), (4, 3)], (1, 1), normalize=True),
    ],
    "Dropout": [
        random("Dropout", 0.3),
        random("Dropout", 0.5),
        random("Dropout", 0.25, noise_shape=(None, 1, None), constant_along=1),
    ],
    "ELU": [same("ELU", (5,)), same("ELU", (5,), 0.5)],
    "Embedding": [
        same("Embedding", (4,), 7, 3, numbers=7),
        same("Embedding", (), 7, 3, numbers=7),
        same("Embedding", (4, 2), 7, 3, embeddings_regularizer="l2", numbers=7),
    ],
    "Flatten": [same("Flatten", (4, 3, 2)), same("Flatten", (5,))],
    "GaussianDropout": [random("GaussianDropout", 0.3)],
    "GaussianNoise": [random("GaussianNoise", 0.5)],
    "Identity": [same("Identity", (4, 3))],
    "InputLayer": "It says a shape in both libraries and computes nothing; Keras' cannot be called.",
    "Lambda": [
        case(
            "Lambda(cube)",
            lambda dtype: nb.Lambda(cube, dtype=dtype),
            lambda: kl.Lambda(cube),
            (5,),
            custom={"cube": cube},
        )
    ],
    "LayerNormalization": [
        same("LayerNormalization", (5,)),
        same("LayerNormalization", (4, 3), axis=[1, 2], epsilon=1e-5),
        same("LayerNormalization", (4, 3), axis=1, center=False),
        same("LayerNormalization", (4, 3), scale=False),
    ],
    "LeakyReLU": [same("LeakyReLU", (5,)), same("LeakyReLU", (5,), negative_slope=0.1)],
    "Maximum": [same("Maximum", TWO), same("Maximum", MIXED)],
    "Minimum": [same("Minimum", TWO), same("Minimum", MIXED)],
    "Multiply": [same("Multiply", TWO), same("Multiply", MIXED)],
    "Normalization": [
        adapted((5,)),
        adapted((4, 3), axis=1),
        adapted((4, 3), axis=(1, 2)),
        adapted((4, 3), axis=None),
        adapted((5,), invert=True),
        same("Normalization", (3,), mean=[1.0, 2.0, 3.0], variance=[4.0, 0.5, 1.0]),
    ],
    "PReLU": [
        same("PReLU", (5,)),
        same("PReLU", (4, 3), alpha_initializer="ones", alpha_regularizer="l2", alpha_constraint="non_neg"),
        same("PReLU", (4, 5, 3), shared_axes=[1, 2]),
    ],
    "Permute": [same("Permute", (2, 3), (2, 1)), same("Permute", (2, 3, 4), (3, 1, 2))],
    "ReLU": [
        same("ReLU", (5,)),
        same("ReLU", (5,), max_value=1.0),
        same("ReLU", (5,), max_value=1.0, negative_slope=0.1, threshold=0.25),
    ],
    "RepeatVector": [same("RepeatVector", (5,), 3)],
    "Rescaling": [same("Rescaling", (5,), 0.5, offset=-1.0), same("Rescaling", (3,), [1.0, 2.0, 3.0], [0.5, 0.0, 1.0])],
    "Reshape": [same("Reshape", (2, 6), (4, 3)), same("Reshape", (2, 6), (-1, 2, 1))],
    "Softmax": [same("Softmax", (5,)), same("Softmax", (4, 3), axis=1), same("Softmax", (4, 3), axis=[1, 2])],
    "Subtract": [same("Subtract", TWO), same("Subtract", [(4, 3), (3,)])],
    "UnitNormalization": [same("UnitNormalization", (5,)), same("UnitNormalization", (4, 3), axis=(1, 2))],
}
