"""The learning rate of a model's optimizer, for callbacks that set it."""

from __future__ import annotations

from typing import Any

from nbnet.errors import ArgumentError
from nbnet.schedules.schedule import Schedule

__all__ = ["require_settable"]


def require_settable(model: Any, callback: Any) -> Any:
    """The optimizer of a model, whose learning rate `callback` is going to set.

    Raises
    ------
    ArgumentError
        When the model has no optimizer of that name, or its learning rate is a schedule.
    """
    name = type(callback).__name__
    optimizer: Any = getattr(model, "optimizer", None)
    if not hasattr(optimizer, "learning_rate"):
        raise ArgumentError(
            f"{name} sets model.optimizer.learning_rate, but the model has no optimizer; give one to compile()."
        )
    rate = optimizer.get_config().get("learning_rate")
    if isinstance(rate, Schedule):
        raise ArgumentError(
            f"{name} sets the learning rate, but the optimizer's is a schedule, {type(rate).__name__}. Give the "
            f"optimizer a number, or leave {name} out."
        )
    return optimizer
