"""Keras' side of the comparisons, on JAX with float64 allowed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np
from keras.src.backend.common import dtypes

from acceptance.agreement import cotangent

jax.config.update("jax_enable_x64", True)

VERSION = f"Keras {keras.__version__} on JAX {jax.__version__}"


def setup() -> None:
    """Refuse another backend than JAX, and have float64 numbers computed in float64.

    On JAX Keras turns float64 into float32 within many of its functions, as JAX itself does unless told otherwise.
    """
    if keras.backend.backend() != "jax":
        raise SystemExit(f"The comparison with Keras needs KERAS_BACKEND=jax; it is {keras.backend.backend()!r}.")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    wide = {keras.ops.tanh(np.ones(2)).dtype, keras.ops.mean(np.ones(2)).dtype}
    if wide != {np.dtype("float64")}:
        raise SystemExit(f"Keras {keras.__version__} on JAX does not compute in float64: {wide}.")


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


def layer_call(
    layer: Any, given: Callable[[list[Any]], Any], training: bool, by: Sequence[int], inputs: Sequence[np.ndarray]
) -> tuple[np.ndarray, float, list[np.ndarray]]:
    """The output, what is added to the loss, and gradients by some inputs and all trainable weights.

    The layer's other weights become what they are after the call.
    """
    (_, (y, added, others)), slopes = _differentiated(layer, given, training, by, inputs)
    for variable, value in zip(layer.non_trainable_variables, others, strict=True):
        variable.assign(value)
    return np.asarray(y), np.asarray(added), [np.asarray(item) for item in slopes]


def layer_step(
    layer: Any, given: Callable[[list[Any]], Any], optimizer: Any, inputs: Sequence[np.ndarray]
) -> np.ndarray:
    """A training step of a layer by itself, whose loss is the weighted sum of its output; the loss."""
    (loss, (_, _, others)), slopes = _differentiated(layer, given, True, [], inputs)
    for variable, value in zip(layer.non_trainable_variables, others, strict=True):
        variable.assign(value)
    if slopes:
        optimizer.apply(slopes, layer.trainable_variables)
    return np.asarray(loss)


def _differentiated(
    layer: Any, given: Callable[[list[Any]], Any], training: bool, by: Sequence[int], inputs: Sequence[np.ndarray]
) -> Any:
    """((loss, (output, added, other weights)), gradients by inputs and trainable weights)."""
    others = list(layer.non_trainable_variables)

    def loss(chosen: list[Any]) -> Any:
        whole: list[Any] = [jax.numpy.asarray(item) for item in inputs]
        for index, value in zip(by, chosen, strict=False):
            whole[index] = value
        state = [*zip(layer.trainable_variables, chosen[len(by) :], strict=True), *((v, v.value) for v in others)]
        # stateless_call() would leave activity regularizers out, as it runs call() and not the whole layer.
        with keras.StatelessScope(state_mapping=state, collect_losses=True) as scope:
            y = layer(given(whole), **_told(layer, training))
            losses = list(layer.losses)
        changed = [scope.get_current_value(variable) for variable in others]
        added = sum(losses, jax.numpy.zeros((), y.dtype))
        total = jax.numpy.sum(y * cotangent(y.shape, "float64").astype(y.dtype)) + added
        return total, (y, added, changed)

    chosen = [*(jax.numpy.asarray(inputs[index]) for index in by), *(item.value for item in layer.trainable_variables)]
    return jax.value_and_grad(loss, has_aux=True)(chosen)


def _told(layer: Any, training: bool) -> dict[str, bool]:
    """Keyword arguments of the call: not every layer takes ``training``."""
    return {"training": training} if "training" in inspect.signature(layer.call).parameters else {}
