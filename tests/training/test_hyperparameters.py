"""Hyperparameters are typed by the defaults of the model file's functions."""

from __future__ import annotations

import inspect

import pytest

from nbnet.errors import HyperparameterError, ModelFileError
from nbnet.training.hyperparameters import bind, check_known, parse


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 3, 7),
        ("1e-3", 0.1, 0.001),
        ("2", 0.5, 2.0),
        ("7", "relu", "7"),
        ("Yes", False, True),
        ("0", True, False),
        ("(1, 2)", [3], [1, 2]),
        ("[1, 2]", (3,), (1, 2)),
        ("{'a': 1}", {}, {"a": 1}),
        ("3", None, 3),
        ("relu", None, "relu"),
        ("None", None, None),
        ("2.5", inspect.Parameter.empty, 2.5),
    ],
)
def test_parse(text, default, value):
    parsed = parse("name", text, default)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("2.5", 3, "an integer"),
        ("x", 0.5, "a number"),
        ("2", True, "true or false"),
        ("a b", (1,), "a tuple"),
        ("3", (1,), "tuple"),
    ],
)
def test_a_text_of_another_type(text, default, expected):
    with pytest.raises(HyperparameterError, match=f"'name' expects.*{expected}.*received '{text}'"):
        parse("name", text, default)


def test_bind_fills_in_defaults():
    def model(hidden=32, *, rate=0.1, **rest): ...

    assert bind(model, {"rate": "0.5", "other": "1"}, "model()") == {"hidden": 32, "rate": 0.5}


def test_bind_needs_a_value_for_each():
    def model(hidden): ...

    assert bind(model, {"hidden": "8"}, "m.py: model()") == {"hidden": 8}
    with pytest.raises(ModelFileError, match=r"m.py: model\(\) needs a value for 'hidden'"):
        bind(model, {}, "m.py: model()")


def test_an_unknown_name():
    def model(hidden=32): ...

    check_known({"hidden": "1"}, {"model": model, "data": object()}, "m.py")
    with pytest.raises(HyperparameterError, match=r"m.py has no hyperparameter 'hiden'\. Did you mean 'hidden'"):
        check_known({"hiden": "1"}, {"model": model}, "m.py")
    with pytest.raises(HyperparameterError, match=r"its model and data are objects.*def model\(hiden=\.\.\.\)"):
        check_known({"hiden": "1"}, {"model": object()}, "m.py")
