"""A model as a drawing: one box for each layer, arrows between them, as SVG that is written by hand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from nbnet.errors import ArgumentError
from nbnet.plot.figure import GREY, checked_ending
from nbnet.plot.placing import Place, placed
from nbnet.training.whole_file import whole_file

__all__ = ["model"]

_FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"
_PER_CHARACTER = 7.3  # width of a letter of size 13
_PER_SMALL = 6.2
_PAD, _MARGIN, _TOP = 14, 24, 52
_BOX, _GAP, _APART = 64, 34, 26  # height of a box, between rows, between columns

_HEAD = 8  # length of an arrow's head

# Fill and border of a box, by what its layer is for; the text says the same.
_INPUT = ("#FFFFFF", GREY)
_WEIGHTS = ("#DCEBF7", "#0072B2")
_FROZEN = ("#EFEFEF", GREY)
_PLAIN = ("#FDF3DF", "#B57C00")
_NESTED = ("#E3F4EC", "#00795A")


@dataclass
class _Box:
    """What a box says."""

    title: str
    lines: tuple[str, ...]
    colours: tuple[str, str]


def model(model: Any, path: str | os.PathLike[str] | None = None) -> str:
    """Draw the layers of a model.

    Parameters
    ----------
    model : Model
        A Sequential, or any model with layers. The layers of a functional model are joined as they feed each other; of
        any other model they follow one another as they stand in ``model.layers``.
    path : path-like, optional
        Where to write the drawing; it ends in .svg.

    Returns
    -------
    str
        The SVG: a box for each layer with its name, class, output shape and number of parameters, and an arrow for each
        tensor that goes from one to the next. Boxes with weights are blue, frozen ones grey, models inside the model
        green, all others yellow.

    Raises
    ------
    ArgumentError
        When it is no model, or `path` has another ending.

    Examples
    --------
    >>> import nbnet
    >>> text = model(nbnet.Sequential([nbnet.layers.Dense(2, input_shape=(3,))], name="small"))
    >>> "<svg" in text, "8 parameters" in text
    (True, True)
    """
    if not isinstance(getattr(model, "layers", None), list):
        raise ArgumentError(f"model expects a model with layers; received {type(model).__name__}.")
    place = None if path is None else checked_ending(path, (".svg",))
    boxes, edges = _network(model)
    text = _svg(model, boxes, edges)
    if place is not None:
        with whole_file(place) as file:
            file.write(text)
    return text


def _network(model: Any) -> tuple[list[_Box], list[tuple[int, int]]]:
    """The boxes, and which feeds which by their numbers; inputs come first."""
    layers = list(model.layers)
    attributes = {id(child): attribute for attribute, child in model._children()}
    titles = [layer._name or attributes.get(id(layer), layer.name) for layer in layers]
    named = [(str(source), str(target)) for source, target in model.network_edges()]
    if len({layer.name for layer in layers}) < len(layers):  # nameless yet: told apart by place alone
        titles = [f"{title} ({number})" for number, title in enumerate(titles)]
        named = list(zip(["input", *titles], titles, strict=False))
        known = titles
    else:
        known = [layer.name for layer in layers]
    inputs = list(dict.fromkeys(source for source, _ in named if source not in known))
    boxes = [_Box(name, (_shape(shape),), _INPUT) for name, shape in zip(inputs, _shapes(model, inputs), strict=True)]
    boxes += [_box(layer, title) for layer, title in zip(layers, titles, strict=True)]
    numbers = {name: number for number, name in enumerate([*inputs, *known])}
    edges = [(numbers[source], numbers[target]) for source, target in named if target in numbers]
    return boxes, list(dict.fromkeys(edges))


def _shapes(model: Any, inputs: list[str]) -> list[Any]:
    """The shape of each input."""
    symbols = dict(zip(model.input_names or (), model.inputs, strict=False)) if model.input_names else {}
    return [symbols[name].shape if name in symbols else model.input_shape for name in inputs]


def _box(layer: Any, name: str) -> _Box:
    """The texts and the colours of a layer."""
    kind = type(layer).__name__
    if kind in ("Input", "InputLayer"):
        return _Box(name, (_shape(layer.output_shape or layer.input_shape),), _INPUT)
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    about = kind + (f", {activation.strip('_')}" if activation and activation not in ("linear", "<lambda>") else "")
    if not layer.built:
        return _Box(name, (about, "not built yet"), _PLAIN)
    weights = layer.count_params()
    amount = f"{weights:,} parameter{'s' * (weights != 1)}" if weights else "no parameters"
    inside = getattr(layer, "layers", None)
    if isinstance(inside, list) and inside:
        about, colours = f"{kind} of {len(inside)} layers", _NESTED
    elif not weights:
        colours = _PLAIN
    else:
        colours = _WEIGHTS if layer.trainable else _FROZEN
    frozen = ", frozen" if weights and not layer.trainable else ""
    return _Box(name, (about, f"{_shape(layer.output_shape)} · {amount}{frozen}"), colours)


def _shape(shape: Any) -> str:
    """A shape without the batch axis, with × between the sizes."""
    if shape is None:
        return "any shape"
    if isinstance(shape, dict):
        return ", ".join(_shape(item) for item in shape.values())
    if isinstance(shape, list) or (shape and isinstance(shape[0], (tuple, list))):
        return ", ".join(_shape(item) for item in shape)
    return " × ".join(str(size) for size in shape[1:]) or "a number"


def _svg(model: Any, boxes: list[_Box], edges: list[tuple[int, int]]) -> str:
    """The whole drawing."""
    sizes = [_width(box) for box in boxes]
    places, width, height = placed(sizes, edges, box=_BOX, gap=_GAP, apart=_APART)
    title = f"{model.name}: {type(model).__name__}"
    if model.built:
        title += f", {model.count_params():,} parameters"
    wide = max(width, len(title) * 8.2) + 2 * _MARGIN
    left = (wide - width) / 2
    high = height + _TOP + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="0 0 {wide:.0f} {high:.0f}" font-family="{_FONT}" role="img">',
        f"<title>{_text(title)}</title>",
        '<rect width="100%" height="100%" fill="#FFFFFF"/>',
        f'<text x="{wide / 2:.1f}" y="32" font-size="15" font-weight="bold" text-anchor="middle" fill="#222222">'
        f"{_text(title)}</text>",
        f'<g transform="translate({left:.1f},{_TOP})">',
        *(_arrow(places, line) for line in edges),
        *(_drawn(box, place, size) for box, place, size in zip(boxes, places, sizes, strict=True)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _width(box: _Box) -> float:
    """How wide a box must be for its texts."""
    return (
        max(150.0, len(box.title) * _PER_CHARACTER * 1.08, *(len(line) * _PER_SMALL for line in box.lines)) + 2 * _PAD
    )


def _drawn(box: _Box, place: Place, width: float) -> str:
    """A box with its texts."""
    fill, border = box.colours
    first = place.y + (_BOX - 17 * len(box.lines) - 13) / 2 + 12
    texts = [
        f'<text x="{place.x:.1f}" y="{first:.1f}" font-size="13" font-weight="bold" text-anchor="middle" '
        f'fill="#222222">{_text(box.title)}</text>'
    ]
    texts += [
        f'<text x="{place.x:.1f}" y="{first + 17 * (number + 1):.1f}" font-size="11" text-anchor="middle" '
        f'fill="#444444">{_text(line)}</text>'
        for number, line in enumerate(box.lines)
    ]
    frame = (
        f'<rect x="{place.x - width / 2:.1f}" y="{place.y:.1f}" width="{width:.1f}" height="{_BOX}" rx="7" '
        f'fill="{fill}" stroke="{border}" stroke-width="1.4"/>'
    )
    return "\n".join(["<g>", frame, *texts, "</g>"])


def _arrow(places: list[Place], edge: tuple[int, int]) -> str:
    """A line from the lower side of one box to the upper side of another, around the boxes between them."""
    source, target = (places[number] for number in edge)
    start, end = (source.x, source.y + _BOX), (target.x, target.y - _HEAD)
    via = target.lanes.get(edge[0])
    if via is None:
        path = f"M{start[0]:.1f},{start[1]:.1f} " + _curve(start, end)
    else:
        upper, lower = (via, start[1] + _GAP), (via, end[1] - _GAP)
        path = (
            f"M{start[0]:.1f},{start[1]:.1f} {_curve(start, upper)} L{lower[0]:.1f},{lower[1]:.1f} {_curve(lower, end)}"
        )
    # The head is drawn by itself: not every viewer knows SVG's markers.
    head = f"M{end[0]:.1f},{target.y - 1:.1f} l{-_HEAD / 2:.1f},{-_HEAD} h{_HEAD} z"
    return f'<path d="{path}" fill="none" stroke="{GREY}" stroke-width="1.4"/><path d="{head}" fill="{GREY}"/>'


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A line that leaves and arrives upright."""
    if abs(start[0] - end[0]) < 0.5:
        return f"L{end[0]:.1f},{end[1]:.1f}"
    middle = (start[1] + end[1]) / 2
    return f"C{start[0]:.1f},{middle:.1f} {end[0]:.1f},{middle:.1f} {end[0]:.1f},{end[1]:.1f}"


def _text(text: Any) -> str:
    """Text that XML takes as text, without the control characters that it has no way to write."""
    printable = "".join(character if character.isprintable() else "�" for character in str(text))
    return escape(printable, {'"': "&quot;"})
