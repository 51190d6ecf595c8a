"""What layers that draw random numbers share: rates, and the seed that a draw is made from."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError
from nbnet.graph.seed import get_seed
from nbnet.graph.tensor import active_trace

__all__ = ["checked_noise_shape", "checked_rate", "checked_seed", "seed_of_draw"]


def checked_rate(owner: str, rate: Any) -> float:
    """`rate` as a float.

    Raises
    ------
    ValueError
        When it is not a number in [0, 1).
    """
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise ValueError(
            f"{owner} expects a rate in [0, 1); received {rate!r}. A rate of 0.2 drops one number in five."
        )
    return float(rate)


def checked_seed(owner: str, seed: Any) -> int | None:
    """`seed`, an int or None.

    Raises
    ------
    ArgumentError
        When it is neither, or has more than 64 bits.
    """
    if seed is None:
        return None
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or not -(2**63) <= int(seed) < 2**63:
        raise ArgumentError(f"{owner} expects an int of 64 bits or None as seed; received {seed!r}.")
    return int(seed)


def seed_of_draw(seed: int | None) -> int | None:
    """What a random op is given as seed: the layer's own; else None inside a step, and the global seed outside."""
    return get_seed() if seed is None and active_trace() is None else seed


def checked_noise_shape(title: str, noise_shape: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the numbers drawn for input of `shape`; None, alone or as a size, stands for the input's own.

    Raises
    ------
    ValueError
        When it is not as long as `shape`, or a size is neither the input's nor 1.
    """
    if noise_shape is None:
        return shape
    sizes = tuple(noise_shape)
    if len(sizes) != len(shape) or any(size not in (None, 1, whole) for size, whole in zip(sizes, shape, strict=True)):
        raise ValueError(
            f"{title} expects a noise_shape with the size of the input, 1 or None for each axis of {shape}; received "
            f"{sizes}. The batch axis is best None."
        )
    return tuple(whole if size is None else int(size) for size, whole in zip(sizes, shape, strict=True))
