"""The hooks through which everything comes in: nbnet's own parts and those of plugins.

A plugin is a module with functions of these names, marked with ``@nbnet.hookimpl``. Each receives
``register(name, obj)``; a name that is taken is an error naming both owners, unless ``override=True`` is given.
"""

from __future__ import annotations

from typing import Any, Protocol

import pluggy

__all__ = ["Register", "hookimpl"]

hookspec = pluggy.HookspecMarker("nbnet")
hookimpl = pluggy.HookimplMarker("nbnet")


class Register(Protocol):
    """What a hook receives."""

    def __call__(self, name: str, obj: Any, *, override: bool = False) -> None:
        """Make `obj` known as `name`."""


@hookspec
def register_activations(register: Register) -> None:
    """Register activations: functions of one tensor, e.g. ``register("swish", nbnet.elementwise(swish))``."""


@hookspec
def register_losses(register: Register) -> None:
    """Register losses: functions of ``(y_true, y_pred)`` over ops, or subclasses of ``nbnet.losses.Loss``."""


@hookspec
def register_metrics(register: Register) -> None:
    """Register metrics: functions of ``(y_true, y_pred)``, or subclasses of ``nbnet.metrics.Metric``."""


@hookspec
def register_optimizers(register: Register) -> None:
    """Register optimizers: subclasses of ``nbnet.optimizers.Optimizer``."""


@hookspec
def register_schedules(register: Register) -> None:
    """Register learning-rate schedules: subclasses of ``nbnet.schedules.Schedule``."""


@hookspec
def register_initializers(register: Register) -> None:
    """Register weight initializers: subclasses of ``nbnet.initializers.Initializer``."""


@hookspec
def register_regularizers(register: Register) -> None:
    """Register regularizers: subclasses of ``nbnet.regularizers.Regularizer``, the penalty of a weight or activity."""


@hookspec
def register_constraints(register: Register) -> None:
    """Register constraints: subclasses of ``nbnet.constraints.Constraint``, what a weight becomes after each update."""


@hookspec
def register_layers(register: Register) -> None:
    """Register layers: subclasses of ``nbnet.layers.Layer`` with ``build`` and ``call``."""


@hookspec
def register_callbacks(register: Register) -> None:
    """Register callbacks: subclasses of ``nbnet.callbacks.Callback``, or of ``nbnet.training.events.Listener``."""


@hookspec
def register_datasets(register: Register) -> None:
    """Register data sets: functions that return ``nbnet.Data``."""


@hookspec
def register_templates(register: Register) -> None:
    """Register templates of model files: the path of a Python file that ``nbnet new`` copies."""
