"""Keras' side of the comparisons, on JAX with float64 allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np

from acceptance.agreement import cotangent

jax.config.update("jax_enable_x64", True)

VERSION = f"Keras {keras.__version__} on JAX {jax.__version__}"


def setup() -> None:
    """Refuse another backend than JAX."""
    if keras.backend.backend() != "jax":
        raise SystemExit(f"The comparison with Keras needs KERAS_BACKEND=jax; it is {keras.backend.backend()!r}.")


def compute_in(dtype: str) -> None:
    """Let new parts of Keras compute in a dtype."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def value_and_gradients(
    f: Callable[..., Any], arrays: Sequence[np.ndarray], by: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The result, and the gradients of its weighted sum by some of the arguments."""

    def of_those(*chosen: Any) -> Any:
        whole: list[Any] = list(arrays)
        for index, value in zip(by, chosen, strict=True):
            whole[index] = value
        return f(*whole)

    y, pull = jax.vjp(jax.jit(of_those), *(arrays[index] for index in by))
    found = pull(cotangent(y.shape, y.dtype).astype(y.dtype))
    return np.asarray(y), [np.asarray(item) for item in found]
