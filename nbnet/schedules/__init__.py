"""Learning-rate schedules: the learning rate as a function of the step."""

from __future__ import annotations

from nbnet.schedules.exponential_decay import ExponentialDecay
from nbnet.schedules.schedule import Schedule

__all__ = ["ExponentialDecay", "Schedule"]
