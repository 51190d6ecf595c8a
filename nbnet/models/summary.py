"""A model as a table."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from nbnet.models.model import Model

__all__ = ["summary"]


def summary(model: Model, width: int | None = None, expand_nested: bool = False, show_trainable: bool = False) -> str:
    """Layers, output shapes and numbers of parameters of a model, as text.

    Parameters
    ----------
    model : Model
    width : int, optional
        Characters a line; the terminal's when None.
    expand_nested : bool
        Show the layers of models in the model too, indented.
    show_trainable : bool
        Add a column with Y for layers that are trained, N for frozen ones and - for those without weights.

    Returns
    -------
    str
        A model made of symbols that is more than a chain has a column of what each layer is connected to, and its
        inputs are rows.
    """
    table = Table(title=f'Model: "{model.name}"', title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("Layer (type)", overflow="fold")
    table.add_column("Output shape")
    table.add_column("Param #", justify="right")
    if show_trainable:
        table.add_column("Trainable")
    connections = _connections(model)
    if connections is not None:
        table.add_column("Connected to", overflow="fold")
    for label, shape, params, trained, connected in _rows(model, connections or {}, expand_nested):
        cells = [label, shape, params, *([trained] if show_trainable else [])]
        table.add_row(*cells, *([connected] if connections is not None else []))
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


Row = tuple[str, str, str, str, str]


def _rows(model: Model, connections: Mapping[str, Sequence[str]], expand: bool, depth: int = 0) -> Iterator[Row]:
    """Cells of the rows: label, output shape, parameters, whether it is trained, connections."""
    attributes = {id(child): attribute for attribute, child in model._children()}
    if connections:
        for symbol, name in zip(model.inputs, model.input_names or (), strict=True):
            yield f"{_indented(depth)}{name} (Input)", str((None, *symbol.shape[1:])), "0", "-", "-"
    for layer in model.layers:
        name = layer._name or attributes.get(id(layer), layer.name)
        shape = "?" if layer.output_shape is None else str(layer.output_shape)
        params = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        frozen = "" if layer.trainable or not layer.weights else " (frozen)"
        nested: Any = layer if hasattr(layer, "network_edges") else None  # a model
        count = len(nested.layers) if nested else 0
        kind = type(layer).__name__ + (f", {count} layer{'s' * (count != 1)}" if nested else "")
        trained = "-" if not layer.weights else "Y" if layer.trainable else "N"
        connected = ", ".join(connections.get(layer.name, ()))
        yield f"{_indented(depth)}{name} ({kind}){frozen}", shape, params, trained, connected
        if nested and expand:
            yield from _rows(nested, _connections(nested) or {}, expand, depth + 1)


def _indented(depth: int) -> str:
    """What stands before a layer of a model in a model."""
    return f"{'  ' * (depth - 1)}└ " if depth else ""


def _connections(model: Model) -> dict[str, list[str]] | None:
    """What each layer is given, by names; None for a chain of layers."""
    if not model.inputs:
        return None
    names = [layer.name for layer in model.layers]
    edges = model.network_edges()
    if edges == list(zip([*(model.input_names or ()), *names], names, strict=False)):
        return None
    found: dict[str, list[str]] = {}
    for source, target in edges:
        found.setdefault(target, []).append(source)
    return found


def _bytes(size: float) -> str:
    """A size for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
