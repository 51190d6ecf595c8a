"""The learning glass: every number of one training step, to be checked by hand."""

from __future__ import annotations

from nbnet.training.glass.step import Change, LayerStep, StepTrace
from nbnet.training.glass.tracing import trace_project, trace_step

__all__ = ["Change", "LayerStep", "StepTrace", "trace_project", "trace_step"]
