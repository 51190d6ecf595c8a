"""Drawings of models: what stands in the boxes, where they stand, and what the arrows join."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest

import nbnet
from nbnet.errors import ArgumentError
from nbnet.layers import Add, Concatenate, Dense, Flatten
from nbnet.plot import model as draw
from nbnet.plot.placing import placed

NAME = "{http://www.w3.org/2000/svg}"


def network(**kwargs):
    layers = [Flatten(input_shape=(8, 8)), Dense(4, "relu", name="hidden"), Dense(3, name="out")]
    return nbnet.Sequential(layers, **kwargs)


def texts(svg):
    return [item.text for item in ElementTree.fromstring(svg).iter(f"{NAME}text")]


def test_each_box_says_name_class_shape_and_parameters(tmp_path):
    svg = draw(network(name="small"), tmp_path / "model.svg")
    assert texts(svg) == [
        "small: Sequential, 275 parameters",
        "input", "8 × 8",
        "flatten", "Flatten", "64 · no parameters",
        "hidden", "Dense, relu", "4 · 260 parameters",
        "out", "Dense", "3 · 15 parameters",
    ]  # fmt: skip
    assert (tmp_path / "model.svg").read_text(encoding="utf-8") == svg


def test_an_arrow_runs_from_each_box_to_the_next():
    root = ElementTree.fromstring(draw(network()))
    boxes = [item for item in root.iter(f"{NAME}rect") if item.get("rx")]
    lines = [item.get("d") for item in root.iter(f"{NAME}path") if item.get("fill") == "none"]
    assert (len(boxes), len(lines)) == (4, 3)
    tops = [float(box.get("y")) for box in boxes]
    for (upper, lower), line in zip(itertools.pairwise(tops), lines, strict=True):
        start, end = (float(number) for number in re.findall(r",([\d.]+)", line))
        assert upper < start < end < lower


def test_frozen_nested_and_unbuilt_layers():
    inner = network(name="inner")
    inner.trainable = False
    outer = nbnet.Sequential([inner, Dense(2, name="later")], name="outer")
    shown = texts(draw(outer))
    assert "Sequential of 3 layers" in shown
    assert "3 · 275 parameters, frozen" in shown
    waiting = texts(draw(nbnet.Sequential([Dense(2, name="later")])))
    assert waiting[-3:] == ["later", "Dense", "not built yet"]


def test_names_are_text_and_not_xml():
    model = nbnet.Sequential([Dense(1, name='</svg>&<script a="1">\x00', input_shape=(1,))], name="<b>")
    assert '</svg>&<script a="1">�' in texts(draw(model))
    assert "<b>: Sequential, 2 parameters" in texts(draw(model))


def test_a_skip_connection_runs_beside_the_boxes():
    x, other = nbnet.Input(shape=(2,), name="x"), nbnet.Input(shape=(5,), name="other")
    a = Dense(2, name="a")(x)
    c = Dense(2, name="c")(Dense(2, name="b")(a))
    d = Add(name="d")([a, c])
    model = nbnet.Model([x, other], Concatenate(name="e")([d, other]), name="joined")
    root = ElementTree.fromstring(draw(model))
    assert [text for text in texts(draw(model)) if text in ("x", "other", "2", "5")] == ["x", "2", "other", "5"]
    boxes = [item for item in root.iter(f"{NAME}rect") if item.get("rx")]
    lines = [item.get("d") for item in root.iter(f"{NAME}path") if item.get("fill") == "none"]
    assert (len(boxes), len(lines)) == (7, 7)
    (skip,) = (line for line in lines if line.count("C") == 2)
    lane, *_ = (float(x) for x in re.findall(r"L([\d.]+),", skip))
    assert 0 < lane < float(root.get("width"))
    passed = [box for box in boxes if box.get("y") in {boxes[place].get("y") for place in (3, 4)}]  # beside b and c
    assert len(passed) == 2
    assert all(float(box.get("x")) + float(box.get("width")) < lane for box in passed)


def test_places():
    widths = [100.0] * 5
    edges = [(0, 2), (1, 2), (2, 3), (3, 4), (2, 4)]
    places, width, height = placed(widths, edges, box=60, gap=30, apart=20)
    assert [place.row for place in places] == [0, 0, 1, 2, 3]
    assert abs(places[0].x - places[1].x) == 120
    assert places[2].x == places[3].x == (places[0].x + places[1].x) / 2
    assert places[4].lanes[2] > places[3].x + 50
    assert width >= places[4].lanes[2]
    assert height == 4 * 60 + 3 * 30
    late, *_ = placed(widths[:4], [(0, 1), (1, 2), (3, 2)], box=60, gap=30, apart=20)
    assert late[3].row == 1  # beside what it joins, not at the top


def test_a_circle_is_drawn_too():
    places, *_ = placed([100.0] * 3, [(0, 1), (1, 2), (2, 1)], box=60, gap=30, apart=20)
    assert [place.row for place in places] == [0, 1, 2]
    assert 2 in places[1].lanes


def test_what_is_no_model_or_no_svg_is_said(tmp_path):
    with pytest.raises(ArgumentError, match="received list"):
        draw([Dense(1)])
    with pytest.raises(ArgumentError, match=r"ends in \.svg; received"):
        draw(network(), tmp_path / "model.png")
