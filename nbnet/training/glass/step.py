"""What the learning glass shows: one training step in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbnet.errors import ArgumentError

__all__ = ["Change", "LayerStep", "StepTrace"]


@dataclass(frozen=True)
class Change:
    """What a step does to one variable.

    Attributes
    ----------
    name : str
    before, after : ndarray
    gradient : ndarray or None
        dL/d variable; None for state that is no trained weight, such as a moving average or an optimizer's slot.
    """

    name: str
    before: np.ndarray
    after: np.ndarray
    gradient: np.ndarray | None


@dataclass(frozen=True)
class LayerStep:
    """One call of one layer.

    Attributes
    ----------
    name : str
        Path of the layer in the model.
    layer : str
        Its class.
    formula : str
        What it computes, as its docstring says.
    inputs : tuple of ndarray
    weights : dict of str to ndarray
        Before the step.
    activation : str or None
        Name of f in f(z); None where there is none but the identity.
    activation_formula : str
    z : ndarray or None
        What f is applied to.
    output : ndarray
        f(z), or what the layer gives.
    slope : ndarray or None
        f'(z), where f works element by element.
    output_gradient, z_gradient : ndarray or None
        dL/d output and dL/dz; None where the loss is not computed from them. A cross-entropy behind softmax or sigmoid
        is computed from z.
    weight_gradients : dict of str to ndarray
        dL/d weight, summed over all calls of the layer; with the first call only.
    calls : int
        How often the layer is called in the step.
    """

    name: str
    layer: str
    formula: str
    inputs: tuple[np.ndarray, ...]
    weights: dict[str, np.ndarray]
    activation: str | None
    activation_formula: str
    z: np.ndarray | None
    output: np.ndarray
    slope: np.ndarray | None
    output_gradient: np.ndarray | None
    z_gradient: np.ndarray | None
    weight_gradients: dict[str, np.ndarray]
    calls: int


@dataclass(frozen=True)
class StepTrace:
    """One training step in numbers; ``print`` shows it as tables.

    Attributes
    ----------
    model : str
    step : int
        The number of the step, from 1.
    source : str
        Which samples these are.
    x, y : nest of ndarray
        The batch.
    sample_weight : nest of ndarray, or None
        How much its samples count.
    layers : list of LayerStep
        In the order of the forward pass.
    loss_name, loss_formula : str
        Of several losses the names in a row and the formulas on lines of their own.
    loss : float
        What is differentiated: the compiled loss with the penalties.
    data_loss : float
        The compiled loss alone.
    y_pred : nest of ndarray
        What the loss was given.
    optimizer, optimizer_formula : str
    scalars : dict of str to float
        Learning rate and other numbers of this update (of several the first).
    changes : list of Change
        Trained weights, then other state.
    remarks : list of str
        What is unusual in this step.
    own_rule : str or None
        Where the model trains by a ``train_step`` of its own: the rule in the Notes of its docstring, "" without one.
        What is called gradient of a weight is then what the step gives to the optimizer.
    """

    model: str
    step: int
    source: str
    x: Any
    y: Any
    sample_weight: Any
    layers: list[LayerStep]
    loss_name: str
    loss_formula: str
    loss: float
    data_loss: float
    y_pred: Any
    optimizer: str
    optimizer_formula: str
    scalars: dict[str, float]
    changes: list[Change]
    remarks: list[str]
    own_rule: str | None = None

    @property
    def size(self) -> int:
        """How many numbers there are in all arrays."""
        return _size(self)

    def to_json(self, most: int | None = 8_000_000) -> dict[str, Any]:
        """Everything as dicts, lists and numbers.

        Parameters
        ----------
        most : int or None
            For how many numbers to do so; a few dozen bytes are written for each.

        Raises
        ------
        ArgumentError
            When there are more.
        """
        if most is not None and self.size > most:
            raise ArgumentError(
                f"A step of '{self.model}' has {self.size:,} numbers; up to {most:,} are written as JSON. Trace a "
                "smaller network, or take the arrays from nbnet.trace_step in Python."
            )
        plain: dict[str, Any] = _plain(self)
        return plain

    def __str__(self) -> str:
        from nbnet.training.glass.report import report

        return report(self)


def _size(item: Any) -> int:
    """How many numbers the arrays of dataclasses and containers hold."""
    if hasattr(item, "__dataclass_fields__"):
        return sum(_size(getattr(item, name)) for name in item.__dataclass_fields__)
    if isinstance(item, (dict, list, tuple)):
        return sum(_size(value) for value in (item.values() if isinstance(item, dict) else item))
    return int(item.size) if isinstance(item, np.ndarray) else 0


def _plain(item: Any) -> Any:
    """Dataclasses, containers and arrays as dicts, lists and numbers."""
    if hasattr(item, "__dataclass_fields__"):
        return {name: _plain(getattr(item, name)) for name in item.__dataclass_fields__}
    if isinstance(item, dict):
        return {str(name): _plain(value) for name, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [_plain(value) for value in item]
    return item.tolist() if isinstance(item, (np.ndarray, np.generic)) else item
