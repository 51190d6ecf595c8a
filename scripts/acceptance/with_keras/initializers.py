"""Initializers beside those of Keras: other random numbers of the same distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from acceptance import own
from acceptance.agreement import Errors, error
from acceptance.coverage import Case, Entry
from acceptance.distributions import apart
from acceptance.with_keras import peer
from nbnet import initializers as nb

ki = keras.initializers
SHAPES = ((300, 400), (3, 3, 40, 60), (40_000,))


def random(label: str, ours: Any, theirs: Callable[..., Any], shapes: Sequence[tuple[int, ...]] = SHAPES) -> Case:
    """Numbers of one distribution; what is saved draws the same ones again."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        worst, again = 0.0, 0.0
        for shape in shapes:
            found = ours(shape, dtype)
            worst = max(worst, apart(found, np.asarray(theirs(seed=11)(shape, dtype))))
            again = max(again, error(own.restored(ours)(shape, dtype), found))
        return {"forward": worst, "restored": again}

    return Case(label, compare)


def exact(label: str, ours: Any, theirs: Any, shapes: Sequence[tuple[int, ...]]) -> Case:
    """The same numbers."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        return {
            "forward": max(error(ours(shape, dtype), np.asarray(theirs(shape, dtype))) for shape in shapes),
            "restored": max(error(own.restored(ours)(shape, dtype), ours(shape, dtype)) for shape in shapes),
        }

    return Case(label, compare)


def products(gain: float, shape: tuple[int, ...]) -> Case:
    """W'W or WW', which is gain² I on both sides, as one half of being orthogonal."""

    def compare(dtype: str) -> Errors:
        peer.compute_in(dtype)
        found = []
        for w in (nb.Orthogonal(gain, seed=3)(shape, dtype), np.asarray(ki.Orthogonal(gain, seed=3)(shape, dtype))):
            flat = w.reshape(-1, shape[-1])
            found.append(flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T)
        return {"forward": error(*found)}

    return Case(f"products of Orthogonal({gain}), shape {shape}", compare)


def with_seed(name: str, *args: Any) -> list[Case]:
    """One of the same name and arguments in both libraries."""
    ours = getattr(nb, name)(*args, seed=5)
    return [random(f"{name}{args}", ours, lambda seed: getattr(ki, name)(*args, seed=seed))]


SMALL = ((4, 3), (5,), (2, 2, 3, 4))
MATRICES = ((40, 40), (5, 3), (3, 5))

TABLE: Mapping[str, Entry] = {
    "zeros": [exact("Zeros()", nb.Zeros(), ki.Zeros(), SMALL)],
    "ones": [exact("Ones()", nb.Ones(), ki.Ones(), SMALL)],
    "constant": [exact("Constant(0.3)", nb.Constant(0.3), ki.Constant(0.3), SMALL)],
    "identity": [
        exact("Identity()", nb.Identity(), ki.Identity(), MATRICES),
        exact("Identity(0.7)", nb.Identity(0.7), ki.Identity(0.7), MATRICES),
    ],
    "random_normal": [*with_seed("RandomNormal"), *with_seed("RandomNormal", 1.0, 0.2)],
    "random_uniform": [*with_seed("RandomUniform"), *with_seed("RandomUniform", -1.0, 0.2)],
    "truncated_normal": [*with_seed("TruncatedNormal"), *with_seed("TruncatedNormal", 1.0, 0.2)],
    "glorot_uniform": with_seed("GlorotUniform"),
    "glorot_normal": with_seed("GlorotNormal"),
    "he_uniform": with_seed("HeUniform"),
    "he_normal": with_seed("HeNormal"),
    "lecun_uniform": with_seed("LecunUniform"),
    "lecun_normal": with_seed("LecunNormal"),
    "variance_scaling": [
        case
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
        for case in with_seed("VarianceScaling", 0.5, mode, distribution)
    ],
    "orthogonal": [
        random("Orthogonal()", nb.Orthogonal(seed=5), ki.Orthogonal, ((300, 400), (3, 3, 40, 60))),
        *(products(gain, shape) for gain in (1.0, 1.5) for shape in ((30, 20), (20, 30), (3, 3, 4, 8))),
    ],
}  # fmt: skip
