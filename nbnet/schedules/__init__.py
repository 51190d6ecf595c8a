"""Learning-rate schedules: the learning rate as a function of the step."""

from __future__ import annotations

from nbnet.schedules.cosine_decay import CosineDecay
from nbnet.schedules.cosine_decay_restarts import CosineDecayRestarts
from nbnet.schedules.exponential_decay import ExponentialDecay
from nbnet.schedules.inverse_time_decay import InverseTimeDecay
from nbnet.schedules.one_cycle import OneCycle
from nbnet.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from nbnet.schedules.polynomial_decay import PolynomialDecay
from nbnet.schedules.schedule import Schedule
from nbnet.schedules.step_decay import StepDecay

__all__ = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "OneCycle", "PiecewiseConstantDecay",
    "PolynomialDecay", "Schedule", "StepDecay",
]  # fmt: skip
