"""A layer of nbnet and a module of PyTorch with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from acceptance import own, samples
from acceptance.with_torch import peer

BATCH = 6
TURNED = {"kernel"}
"""Weights that PyTorch holds transposed."""

Names = Mapping[str, str]
"""A weight of nbnet → the parameter or buffer of the module that holds the same numbers."""
Converted = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
"""From the module's running variance, its start and the number of steps since to nbnet's moving variance."""


class Pair:
    """A layer and a module, and inputs for both.

    Parameters
    ----------
    ours, theirs : callable
        Make the layer, and the module or a function of tensors; ours takes the dtype.
    shape : tuple of int, or list of these for a layer that is called with a list
        Of a sample.
    names : mapping of str to str
    numbers : int
        Where the input are numbers of rows: how many there are; else 0.
    converted : callable, optional
        What is done to the module's running variance.
    dtype : str
    """

    def __init__(
        self,
        ours: Callable[..., Any],
        theirs: Callable[[], Any],
        shape: Any,
        names: Names,
        numbers: int,
        converted: Converted | None,
        dtype: str,
    ) -> None:
        self.several = isinstance(shape, list)
        self.shapes = shape if self.several else [shape]
        self.numbers, self.converted, self.dtype = numbers, converted, dtype
        self.ours, self.theirs = ours(dtype=dtype), theirs()
        own.values(lambda *items: self.ours(self.given(list(items))), *self.inputs(0))
        rng = samples.generator(6)
        self.before = [
            (rng.uniform(0.5, 2, weight.shape) if "variance" in weight.name else rng.normal(size=weight.shape)).astype(
                dtype
            )
            for weight in self.ours.weights
        ]
        self._kinds = [weight.name.rpartition("/")[2] for weight in self.ours.weights]
        self._held = [getattr(self.theirs, names[kind]) for kind in self._kinds]

    @property
    def parameters(self) -> list[torch.Tensor]:
        """The module's parameters, in the order of the layer's trainable weights."""
        return [one for one in self._held if one.requires_grad]

    def given(self, inputs: list[Any]) -> Any:
        """What the layer is called with."""
        return inputs if self.several else inputs[0]

    def inputs(self, number: int) -> list[np.ndarray]:
        """A batch."""
        if self.numbers:
            rng = samples.generator(5, number)
            return [rng.integers(0, self.numbers, (BATCH, *size)).astype("int32") for size in self.shapes]
        return [samples.normal((BATCH, *size), self.dtype, 5, number, at) for at, size in enumerate(self.shapes)]

    def start(self) -> None:
        """Give both the weights of the beginning."""
        self.ours.set_weights(self.before)
        with torch.no_grad():
            for one, kind, value in zip(self._held, self._kinds, self.before, strict=True):
                one.copy_(peer.tensor(_turned(kind, value)))

    def their_weights(self, steps: int) -> list[np.ndarray]:
        """The module's weights as nbnet has them, so many training steps after the start."""
        found = []
        for one, kind, start in zip(self._held, self._kinds, self.before, strict=True):
            value = _turned(kind, peer.numpy(one))
            found.append(
                value if self.converted is None or "variance" not in kind else self.converted(value, start, steps)
            )
        return found

    def their_output(self, tensors: list[torch.Tensor], training: bool) -> torch.Tensor:
        """What the module gives."""
        if isinstance(self.theirs, torch.nn.Module):
            self.theirs.train(training)
        found: torch.Tensor = self.theirs(*(item.long() if self.numbers else item for item in tensors))
        return found

    def differentiated(
        self, arrays: Sequence[np.ndarray], training: bool, by: Sequence[int]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """What the module gives, and the gradients of its weighted sum by some inputs and the parameters."""
        tensors = [peer.tensor(item, place in by) for place, item in enumerate(arrays)]
        y = self.their_output(tensors, training)
        wanted = [*(tensors[place] for place in by), *self.parameters]
        slopes = [peer.numpy(item) for item in torch.autograd.grad(peer.weighted_sum(y), wanted)] if wanted else []
        kinds = ["input"] * len(by) + [
            kind for kind, one in zip(self._kinds, self._held, strict=True) if one.requires_grad
        ]
        return peer.numpy(y), [_turned(kind, item) for kind, item in zip(kinds, slopes, strict=True)]


def _turned(kind: str, value: np.ndarray) -> np.ndarray:
    """A weight of the one library as the other has it."""
    return value.T if kind in TURNED else value
