"""Clipping: gradients that are too long are shortened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nbnet.graph import ops
from nbnet.optimizers.checks import number
from nbnet.optimizers.link import Application, Changes, Link, Update

__all__ = ["Clipping", "by_global_norm", "by_norm", "by_value", "clipping"]

Clip = Callable[[Sequence[Any], float], list[Any]]


def by_value(grads: Sequence[Any], limit: float) -> list[Any]:
    """Each element of each gradient brought into [-limit, limit]."""
    return [ops.minimum(ops.maximum(grad, -limit), limit) for grad in grads]


def by_norm(grads: Sequence[Any], limit: float) -> list[Any]:
    """Each gradient by itself scaled down to an L2 norm of `limit`, if it is longer."""
    return [grad * _share(ops.sum(ops.square(grad)), limit) for grad in grads]


def by_global_norm(grads: Sequence[Any], limit: float) -> list[Any]:
    """All gradients scaled by one number, so that the L2 norm of all elements is at most `limit`.

    References
    ----------
    Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
    """
    if not grads:
        return []
    squares = [ops.sum(ops.square(grad)) for grad in grads]
    total = squares[0]
    for square in squares[1:]:
        total = total + square
    share = _share(total, limit)
    return [grad * ops.cast(share, grad.dtype) for grad in grads]


def _share(square: Any, limit: float) -> Any:
    """limit / norm where the norm is above the limit, else 1, of the norm's square."""
    return limit / ops.maximum(ops.sqrt(square), limit)


class Clipping(Link):
    """The gradients are clipped before anything else is made of them.

    Parameters
    ----------
    clip : callable
        From all gradients and the limit to as many gradients.
    limit : float > 0
    """

    def __init__(self, clip: Clip, limit: float) -> None:
        self.clip = clip
        self.limit = limit

    def around(self, update: Update, at: Application) -> Update:
        """`update` with clipped gradients."""

        def clipped(params: Sequence[Any], grads: Sequence[Any]) -> Changes:
            return update(params, self.clip(grads, self.limit))

        return clipped


def clipping(
    owner: str, clipnorm: float | None, clipvalue: float | None, global_clipnorm: float | None
) -> Clipping | None:
    """The link that the arguments of an optimizer ask for, if any.

    Raises
    ------
    ValueError
        When more than one is given, or one is not above 0.
    """
    limits: dict[str, tuple[float | None, Clip]] = {
        "clipnorm": (clipnorm, by_norm),
        "clipvalue": (clipvalue, by_value),
        "global_clipnorm": (global_clipnorm, by_global_norm),
    }
    given = {name: (limit, clip) for name, (limit, clip) in limits.items() if limit is not None}
    if len(given) > 1:
        listed = ", ".join(f"{name}={limit!r}" for name, (limit, _) in given.items())
        raise ValueError(
            f"{owner} clips in one way: expected one of clipnorm, clipvalue and global_clipnorm; received {listed}."
        )
    for name, (limit, clip) in given.items():
        return Clipping(clip, number(limit, name, owner, above_zero=True))
    return None
