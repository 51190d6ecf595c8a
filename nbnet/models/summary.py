"""A model as a table."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from nbnet.models.model import Model

__all__ = ["summary"]


def summary(model: Model, width: int | None = None) -> str:
    """Layers, output shapes and numbers of parameters of a model, as text.

    Parameters
    ----------
    model : Model
    width : int, optional
        Characters a line; the terminal's when None.

    Returns
    -------
    str
    """
    table = Table(title=f'Model: "{model.name}"', title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("Layer (type)", overflow="fold")
    table.add_column("Output shape")
    table.add_column("Param #", justify="right")
    attributes = {id(child): attribute for attribute, child in model._children()}
    for layer in model.layers:
        name = layer._name or attributes.get(id(layer), layer.name)
        shape = "?" if layer.output_shape is None else str(layer.output_shape)
        params = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        frozen = "" if layer.trainable or not layer.weights else " (frozen)"
        table.add_row(f"{name} ({type(layer).__name__}){frozen}", shape, params)
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(table)
    if model.built:
        trainable = sum(weight.size for weight in model.trainable_weights)
        size = sum(weight.storage.nbytes for weight in model.weights)
        total = model.count_params()
        console.print(f" Total params: {total:,} ({_bytes(size)})", highlight=False)
        console.print(f" Trainable params: {trainable:,}", highlight=False)
        console.print(f" Non-trainable params: {total - trainable:,}", highlight=False)
    else:
        console.print(" Not built yet: give input_shape= to the first layer, or fit the model.", highlight=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()).strip("\n")


def _bytes(size: float) -> str:
    """A size for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
