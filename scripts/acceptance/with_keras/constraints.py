"""Constraints beside those of Keras: of a matrix, and after each of ten steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from acceptance import own, samples
from acceptance.agreement import Errors, error, errors
from acceptance.coverage import Case, Entry, Known
from acceptance.with_keras import peer
from nbnet import Variable, optimizers
from nbnet import constraints as nb

kc = keras.constraints
STEPS = 10
ADDED = Known(
    "Keras divides by |w| + 1e-7, nbnet by |w| itself: lengths are 1e-7 / |w| apart, and of ten steps ten times that.",
    within=5e-6,
)


def case(label: str, ours: Callable[[Any], Any], theirs: Callable[[], Any], known: Known | None = None) -> Case:
    """A matrix of short and long columns, and the same after each update."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        w = samples.normal((6, 5), dtype) * np.linspace(0.1, 3, 5).astype(dtype)
        variable = Variable(w.copy(), name="w")
        variable.constraint = ours
        kvariable = keras.Variable(w, dtype=dtype)
        kvariable.constraint = theirs()
        step = own.stepper(optimizers.SGD(0.5), [variable])
        optimizer = keras.optimizers.SGD(0.5)
        paths: tuple[list[Any], list[Any]] = [], []
        for index in range(STEPS):
            grad = samples.normal(w.shape, dtype, index)
            step(grad)
            optimizer.apply([grad], [kvariable])
            paths[0].append(variable.numpy())
            paths[1].append(np.asarray(kvariable))
        expected = np.asarray(theirs()(w))
        return {
            "forward": error(own.values(ours, w), expected),
            "steps": errors(*paths),
            "restored": error(own.values(own.restored(ours), w), expected),
        }

    return Case(label, compare, known)


TABLE: Mapping[str, Entry] = {
    "max_norm": [
        case("MaxNorm()", nb.MaxNorm(), kc.MaxNorm, ADDED),
        case("MaxNorm(1.5, axis=1)", nb.MaxNorm(1.5, axis=1), lambda: kc.MaxNorm(1.5, axis=1), ADDED),
        case("MaxNorm(1, axis=[0, 1])", nb.MaxNorm(1.0, [0, 1]), lambda: kc.MaxNorm(1.0, [0, 1]), ADDED),
    ],
    "min_max_norm": [
        case("MinMaxNorm()", nb.MinMaxNorm(), kc.MinMaxNorm, ADDED),
        case("MinMaxNorm(0.5, 2, 0.7)", nb.MinMaxNorm(0.5, 2.0, 0.7), lambda: kc.MinMaxNorm(0.5, 2.0, 0.7), ADDED),
    ],
    "non_neg": [case("NonNeg()", nb.NonNeg(), kc.NonNeg)],
    "unit_norm": [
        case("UnitNorm()", nb.UnitNorm(), kc.UnitNorm, ADDED),
        case("UnitNorm(axis=1)", nb.UnitNorm(1), lambda: kc.UnitNorm(1), ADDED),
    ],
}
