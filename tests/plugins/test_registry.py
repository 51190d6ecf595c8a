"""The registry: names, owners, clashes and the messages for unknown names."""

from __future__ import annotations

import pytest

from nbnet import registry
from nbnet.errors import PluginError, UnknownNameError
from nbnet.registry import REGISTRIES, Absent, Registry


@pytest.fixture
def parts(monkeypatch):
    """A registry of its own, with nothing to load."""
    monkeypatch.setattr(registry, "_loader", None)
    return Registry("activation")


def test_get_and_owner(parts):
    parts.register("relu", max, "nbnet")
    assert parts.get("relu") is max
    assert parts.owner("relu") == "nbnet"
    assert "relu" in parts
    assert "gelu" not in parts
    assert parts.names() == ["relu"]


def test_a_clash_names_both_owners(parts):
    parts.register("relu", max, "nbnet")
    with pytest.raises(PluginError, match=r"'relu' is registered by 'nbnet' and again by 'other'"):
        parts.register("relu", min, "other")
    assert parts.get("relu") is max


def test_override_replaces(parts):
    parts.register("relu", max, "nbnet")
    parts.register("relu", min, "other", override=True)
    assert parts.get("relu") is min
    assert parts.owner("relu") == "other"


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_name_is_a_string(parts, name):
    with pytest.raises(PluginError, match="'p' registers an activation under"):
        parts.register(name, max, "p")


def test_unknown_name_lists_close_ones(parts):
    parts.register("relu", max, "nbnet")
    with pytest.raises(UnknownNameError, match=r"Unknown activation 'rleu'\. Did you mean 'relu'\?"):
        parts.get("rleu")


def test_unknown_name_mentions_the_plugin_that_has_it(parts, monkeypatch):
    with pytest.raises(UnknownNameError, match="pip install nbnet-swish"):
        parts.get("swish")
    monkeypatch.setattr(registry, "absent", [Absent("fancy", "ImportError: no module")])
    with pytest.raises(UnknownNameError, match="'fancy' is not in use: ImportError: no module"):
        parts.get("fancier")


def test_the_first_access_calls_the_loader(monkeypatch):
    parts = Registry("loss")
    monkeypatch.setattr(registry, "_loader", lambda: "mse" in parts._entries or parts.register("mse", max, "nbnet"))
    assert parts.names() == ["mse"]
    assert parts.get("mse") is max


def test_restore_goes_back_to_a_snapshot(parts):
    parts.register("relu", max, "nbnet")
    before = parts.snapshot()
    parts.register("gelu", min, "nbnet")
    parts.restore(before)
    assert parts.names() == ["relu"]


def test_each_hook_has_its_registry():
    from nbnet import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("register_")}
    assert hooks == set(REGISTRIES)
