"""One training step as text: the way forward, the loss, the way back, and the update, with numbers in columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbnet.compiler.table import table
from nbnet.training.glass.step import Change, LayerStep, StepTrace

__all__ = ["report"]

_COLUMNS, _ROWS = 10, 12  # of a matrix that is shown whole
_SHOWN_COLUMNS, _SHOWN_ROWS = 5, 4  # of a larger one
_LISTED, _LISTED_ALL = 64, 300  # elements that are listed one by one: of a weight, and of all of a small network
_FIRST = 3  # elements of a larger weight
_WIDTH = 100


def report(step: StepTrace) -> str:
    """A step as text.

    Parameters
    ----------
    step : StepTrace

    Returns
    -------
    str
        Matrices of up to 12 x 10 numbers in full; larger ones with their first rows and columns, shape, norm and range.
    """
    lines = [f"Step {step.step} of model '{step.model}' on {step.source}; the weights stay as they are."]
    for remark in step.remarks:
        lines += ["", f"Note: {remark}"]
    lines += _heading("Forward")
    lines += _values([("input", step.x)])
    for number, layer in enumerate(step.layers, 1):
        lines += _forward(number, layer)
    lines += _loss(step)
    lines += _heading("Backward: from the loss to the weights")
    if step.own_rule is not None:
        lines += [f"   {step.own_rule}"] * bool(step.own_rule)
        lines.append(
            "   'given' is what the model's own step gives to the optimizer in place of a gradient of the loss"
        )
    elif any(layer.layer == "Dense" for layer in step.layers):
        lines.append(
            "   dL/dz = dL/df(z) f'(z)   dL/dkernel = xᵀ dL/dz   dL/dbias = Σ dL/dz of samples   dL/dx = dL/dz kernelᵀ"
        )
    for number, layer in reversed(list(enumerate(step.layers, 1))):
        lines += _backward(number, layer, "dL/d" if step.own_rule is None else "given ")
    lines += _update(step)
    return "\n".join(line.rstrip() for line in lines)


def _heading(text: str) -> list[str]:
    """A line across."""
    return ["", f"── {text} " + "─" * max(4, _WIDTH - len(text) - 4)]


def _forward(number: int, layer: LayerStep) -> list[str]:
    """What a layer makes of its input."""
    lines = ["", _title(number, layer), f"   {layer.formula}"]
    if layer.activation is not None:
        lines.append(f"   f = {layer.activation}: {layer.activation_formula}")
    values: list[tuple[str, Any]] = [("x", item) for item in layer.inputs]
    if len(values) > 1:
        values = [(f"x{place}", item) for place, (_, item) in enumerate(values)]
    elif layer.z is layer.inputs[0]:
        values = []  # an activation alone: its x is z
    values += layer.weights.items()
    if layer.activation is None:
        values.append(("output", layer.output))
    else:
        values += [("z", layer.z), ("f(z)", layer.output)]
    return lines + _values(values)


def _backward(number: int, layer: LayerStep, mark: str) -> list[str]:
    """Gradients with respect to a layer's output, z and weights; those of weights stand for all its calls."""
    values: list[tuple[str, Any]] = []
    output = "f(z)" if layer.activation is not None else "output"
    if layer.output_gradient is not None:
        values.append((f"dL/d{output}", layer.output_gradient))
    if layer.slope is not None and layer.z_gradient is not None and layer.output_gradient is not None:
        values.append(("f'(z)", layer.slope))
    if layer.z_gradient is not None:
        values.append(("dL/dz", layer.z_gradient))
    of = f" of {layer.calls} calls" if layer.calls > 1 else ""
    values += [(f"{mark}{name}{of}", gradient) for name, gradient in layer.weight_gradients.items()]
    if not values:
        return ["", _title(number, layer), "   The loss does not depend on it."]
    return ["", _title(number, layer), *_values(values)]


def _title(number: int, layer: LayerStep) -> str:
    """Number, name and class of a layer."""
    activation = f", {layer.activation}" if layer.activation is not None else ""
    return f"{number}. {layer.name} ({layer.layer}{activation})"


def _loss(step: StepTrace) -> list[str]:
    """The loss with its formula."""
    lines = [*_heading(f"Loss: {step.loss_name}"), *(f"   {formula}" for formula in step.loss_formula.split("\n"))]
    lines += _values([("y_true", step.y), ("y_pred", step.y_pred), ("weights", step.sample_weight)])
    if step.data_loss != step.loss:
        penalties = _number(step.loss - step.data_loss)
        lines.append(
            f"   of the predictions {_number(step.data_loss)}, penalties of weights and activities {penalties}"
        )
    lines.append(f"   L = {_number(step.loss)}")
    return lines


def _update(step: StepTrace) -> list[str]:
    """The rule of the optimizer, and each weight before and after."""
    lines = [*_heading("Update"), f"   {step.optimizer}", f"   {step.optimizer_formula}"]
    lines += [f"   {name} = {value:.7g}" for name, value in step.scalars.items()]
    weights = [change for change in step.changes if change.gradient is not None]
    others = [change for change in step.changes if change.gradient is None]
    lines += _listed(weights, ("weight", "before", "dL/dw" if step.own_rule is None else "given", "after"))
    if others:
        lines += _listed(others, ("state", "before", "after"))
    return lines


def _listed(changes: Sequence[Change], header: tuple[str, ...]) -> list[str]:
    """A row for each element; of large arrays the first few and what stands for the rest."""
    rows: list[tuple[str, ...]] = []
    whole = _LISTED if sum(change.before.size for change in changes) <= _LISTED_ALL else _COLUMNS
    for change in changes:
        arrays = [change.before, *([change.gradient] if change.gradient is not None else []), change.after]
        limit = change.before.size if change.before.size <= whole else _FIRST
        for place in range(limit):
            index = ",".join(str(int(item)) for item in np.unravel_index(place, change.before.shape))
            label = f"{change.name}[{index}]" if change.before.ndim else change.name
            rows.append((label, *(_number(np.ravel(array)[place]) for array in arrays)))
        if limit < change.before.size:
            norms = [f"norm {np.linalg.norm(np.asarray(array, np.float64)):.6g}" for array in arrays]
            rows.append((f"{change.name} {_shape(change.before)}", *norms))
    if not rows:
        return ["   No weights."]
    return ["", *(f"   {line}" for line in table(header, rows, set(range(1, len(header)))).splitlines())]


def _values(values: Sequence[tuple[str, Any]]) -> list[str]:
    """Matrices below one another, their names on the left and their numbers in columns."""
    blocks: list[tuple[str, list[list[str]], str]] = []
    for name, value in values:
        if isinstance(value, dict):
            blocks += [(f"{name} {key}", *_block(item)) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            blocks += [(f"{name} {place}", *_block(item)) for place, item in enumerate(value)]
        elif value is not None:
            blocks.append((name, *_block(value)))
    if not blocks:
        return []
    widths: dict[int, int] = {}
    for _, rows, _ in blocks:
        for row in rows:
            for column, text in enumerate(row[1:]):
                widths[column] = max(widths.get(column, 0), len(text))
    names = max(len(name) for name, _, _ in blocks)
    marks = max(len(row[0]) for _, rows, _ in blocks for row in rows)
    lines = []
    for name, rows, about in blocks:
        for place, row in enumerate(rows):
            cells = "  ".join(text.rjust(widths[column]) for column, text in enumerate(row[1:]))
            lines.append(f"   {name if place == 0 else '':<{names}}  {row[0]:<{marks}}  {cells}")
        if about:
            lines.append(f"   {'':<{names}}  {about}")
    return lines


def _block(value: Any) -> tuple[list[list[str]], str]:
    """Rows of an array, each with its place and its numbers, and of a large one what stands for the rest."""
    array = np.asarray(value)
    matrix = array.reshape(array.shape[0], -1) if array.ndim > 1 else array.reshape(1, -1)
    rows, columns = matrix.shape
    whole = rows <= _ROWS and columns <= _COLUMNS
    shown = matrix if whole else matrix[:_SHOWN_ROWS, :_SHOWN_COLUMNS]
    cut = shown.shape[1] < columns
    texts = [
        [f"[{place}]" if rows > 1 else "", *map(_number, row), *(["…"] if cut else [])]
        for place, row in enumerate(shown)
    ]
    if whole and (array.ndim <= 2 or array.size <= _COLUMNS):
        return texts, ""
    if len(shown) < rows:
        texts.append(["…"])
    return texts, _about(array)


def _about(array: np.ndarray) -> str:
    """Shape, norm and range."""
    if not array.size or array.dtype.kind not in "fiu":
        return _shape(array)
    numbers = np.asarray(array, np.float64)
    return f"{_shape(array)}, norm {np.linalg.norm(numbers):.6g}, from {numbers.min():.6g} to {numbers.max():.6g}"


def _shape(array: np.ndarray) -> str:
    """A shape as 784 × 128."""
    return " × ".join(map(str, array.shape)) or "one number"


def _number(value: Any) -> str:
    """A number with six decimals, or with an exponent where that would hide it."""
    if isinstance(value, (bool, np.bool_)) or np.asarray(value).dtype.kind in "iub":
        return str(int(value))
    size = abs(float(value))
    if size == 0:
        return f"{0:.6f}"  # without the sign of -0
    return f"{float(value):.6f}" if 1e-3 <= size < 1e5 else f"{float(value):.5e}"
