"""The arguments that all optimizers share, as Keras names them, and the chain of links that they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from nbnet.optimizers.accumulation import Accumulation
from nbnet.optimizers.averaging import Averaging
from nbnet.optimizers.checks import count
from nbnet.optimizers.clipping import clipping
from nbnet.optimizers.constraining import Constraining
from nbnet.optimizers.decay import WeightDecay
from nbnet.optimizers.link import Link

__all__ = ["DEFAULTS", "ChainOptions", "Options", "links"]


class ChainOptions(TypedDict, total=False):
    """All but the weight decay; :class:`Optimizer` says what each means."""

    exclude_from_weight_decay: Sequence[str] | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None
    groups: Mapping[str, Mapping[str, Any]] | None


class Options(ChainOptions, total=False):
    """All of them."""

    weight_decay: float | None


DEFAULTS: dict[str, Any] = {
    "weight_decay": None,
    "exclude_from_weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None,
    "groups": None,
}


def links(optimizer: Any, options: Mapping[str, Any]) -> tuple[Link, ...]:
    """The links around the formula of an optimizer, the outermost first.

    Gradients are accumulated, then clipped; the weights decay, are updated, constrained and averaged.

    Parameters
    ----------
    optimizer : Optimizer
        Has ``learning_rate`` and ``iterations``.
    options : mapping of str to object
        As :class:`Options`; what is missing has its default.

    Raises
    ------
    ValueError
        When one of them is out of its range, or two exclude each other.
    """
    given = {**DEFAULTS, **options}
    owner = type(optimizer).__name__
    found: list[Link | None] = []
    steps = given["gradient_accumulation_steps"]
    if steps and count(steps, "gradient_accumulation_steps", owner) > 1:
        found.append(Accumulation(int(steps)))
    if given["use_ema"]:
        found.append(
            Averaging(owner, given["ema_momentum"], given["ema_overwrite_frequency"], lambda: int(optimizer.iterations))
        )
    found += [
        Constraining(),
        clipping(owner, given["clipnorm"], given["clipvalue"], given["global_clipnorm"]),
        WeightDecay(
            owner,
            given["weight_decay"],
            lambda: float(optimizer.learning_rate),
            given["exclude_from_weight_decay"],
        ),
    ]
    return tuple(link for link in found if link is not None)
