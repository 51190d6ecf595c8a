"""PyTorch's side of the comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from acceptance.agreement import cotangent


def setup() -> None:
    """One thread: the arrays are small."""
    torch.set_num_threads(1)
    torch.manual_seed(11)


def compute_in(dtype: str) -> None:
    """Let new modules and states of PyTorch have a dtype."""
    torch.set_default_dtype(getattr(torch, dtype))


def tensor(array: Any, by: bool = False) -> torch.Tensor:
    """An array as a tensor of its own, which gradients may be taken by."""
    return torch.tensor(np.asarray(array)).requires_grad_(by)


def numpy(value: torch.Tensor) -> np.ndarray:
    """A tensor as an array."""
    found: np.ndarray = value.detach().numpy().copy()
    return found


def value_and_gradients(
    f: Callable[..., torch.Tensor], arrays: Sequence[Any], by: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The result, and the gradients of its weighted sum by some of the arguments."""
    tensors = [tensor(array, place in by) for place, array in enumerate(arrays)]
    y = f(*tensors)
    slopes = torch.autograd.grad(weighted_sum(y), [tensors[place] for place in by])
    return numpy(y), [numpy(item) for item in slopes]


def weighted_sum(y: torch.Tensor) -> torch.Tensor:
    """One number of a result, as on nbnet's side."""
    return torch.sum(y * tensor(cotangent(tuple(y.shape), "float64")).to(y.dtype))
