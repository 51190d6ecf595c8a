"""The global seed: with step, layer, op and element it determines every random number."""

from __future__ import annotations

__all__ = ["get_seed", "set_seed"]

_seed = 0


def set_seed(seed: int) -> None:
    """Set the seed of weights, shuffling, dropout and all other random numbers.

    Parameters
    ----------
    seed : int in [0, 2**63)
        Weights are drawn when a model is built, so set it before. The default is 0: two runs of the same
        program give the same numbers.

    Raises
    ------
    ValueError
        When `seed` is out of range.
    """
    global _seed
    if not 0 <= int(seed) < 2**63:
        raise ValueError(f"A seed is an integer from 0 to 2**63 - 1; received {seed}.")
    _seed = int(seed)


def get_seed() -> int:
    """The current global seed."""
    return _seed
