"""The plugin door: built-in parts, installed distributions, plugin files, and what goes wrong with them."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from nbnet import plugins, registry
from nbnet.errors import PluginError, UnknownNameError

PACKAGE = Path(plugins.__file__).parent
PLUGIN = """
import nbnet

@nbnet.hookimpl
def register_activations(register):
    register("triple", lambda x: x * 3)
"""


@pytest.fixture
def door(monkeypatch, tmp_path):
    """Install plugins as distributions in a folder of their own; call the result to load them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("NBNET_PLUGINS")

    def install(name: str, code: str, module: str | None = None) -> None:
        module = module or f"door_{name}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"door_{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: door-{name}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[nbnet]\n{name} = {module}\n")
        importlib.invalidate_caches()

    yield install
    for module in [name for name in sys.modules if name.startswith("door_")]:
        del sys.modules[module]
    monkeypatch.undo()
    plugins.reload()


def hook_modules() -> set[str]:
    """Every module of nbnet that implements a hook, without the templates, which are files of the user's."""
    found = set()
    templates = set((PACKAGE / "templates").glob("*.py")) - {PACKAGE / "templates" / "__init__.py"}
    for path in set(PACKAGE.rglob("*.py")) - templates:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any("hookimpl" in ast.unparse(d) for d in node.decorator_list):
                parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
                found.add(".".join(parts).removesuffix(".__init__"))
    return found


def test_no_built_in_module_is_missing():
    assert set(plugins.BUILT_IN) == hook_modules()
    assert len(plugins.BUILT_IN) == len(set(plugins.BUILT_IN))


def test_every_kind_of_part_has_built_in_entries():
    for hook, parts in registry.REGISTRIES.items():
        assert parts.names(), hook
        assert {parts.owner(name) for name in parts.names()} == {"nbnet"}


def test_an_installed_plugin_is_found(door):
    door("triple", PLUGIN)
    plugins.reload()
    assert registry.activations.get("triple")(2) == 6
    assert registry.activations.owner("triple") == "triple"
    found = next(plugin for plugin in plugins.plugins() if plugin.name == "triple")
    assert (found.origin, found.distribution, found.provides) == (
        "installed",
        "door-triple 1.5",
        {"activation": ["triple"]},
    )


@pytest.mark.parametrize(("listed", "there"), [("", False), ("triple", True), (" triple , ", True)])
def test_nbnet_plugins_chooses(door, monkeypatch, listed, there):
    door("triple", PLUGIN)
    monkeypatch.setenv("NBNET_PLUGINS", listed)
    plugins.reload()
    assert ("triple" in registry.activations) is there
    if not there:
        with pytest.raises(UnknownNameError, match="'triple' is not in use: NBNET_PLUGINS leaves it out"):
            registry.activations.get("triple")


def test_nbnet_plugins_with_an_unknown_name(door, monkeypatch):
    door("triple", PLUGIN)
    monkeypatch.setenv("NBNET_PLUGINS", "tripel")
    with pytest.raises(PluginError, match=r"'tripel', which is not installed\. Did you mean 'triple'"):
        plugins.reload()
    with pytest.raises(PluginError, match="tripel"):  # and not empty registries
        registry.activations.get("relu")


def test_a_broken_plugin_is_reported_and_skipped(door):
    door("broken", "import a_module_that_is_not_there")
    door("triple", PLUGIN)
    with pytest.warns(RuntimeWarning, match=r"plugin 'broken' \(door-broken 1\.5\) could not be loaded.*a_module_that"):
        plugins.reload()
    assert "triple" in registry.activations
    assert "relu" in registry.activations
    with pytest.raises(UnknownNameError, match="'broken' is not in use: ModuleNotFoundError"):
        registry.activations.get("brokenlu")


def test_a_plugin_that_fails_half_way_leaves_nothing(door):
    door("half", PLUGIN + "    raise RuntimeError('half-way')\n")
    with pytest.warns(RuntimeWarning, match="half-way"):
        plugins.reload()
    assert "triple" not in registry.activations


def test_a_clash_with_a_built_in_names_both(door):
    door("greedy", PLUGIN.replace('"triple"', '"relu"'))
    with pytest.raises(PluginError, match="'relu' is registered by 'nbnet' and again by 'greedy'"):
        plugins.reload()


def test_a_clash_may_be_meant(door):
    door("better", PLUGIN.replace('"triple", lambda x: x * 3', '"relu", abs, override=True'))
    plugins.reload()
    assert registry.activations.owner("relu") == "better"


def test_a_misspelt_hook_is_an_error(door):
    door("typo", PLUGIN.replace("register_activations", "register_activation"))
    with pytest.raises(PluginError, match=r"'register_activation', which does not exist\. Did you mean 'register_act"):
        plugins.reload()


def test_a_hook_with_a_wrong_argument_is_an_error(door):
    door("typo", PLUGIN.replace("(register)", "(registrar)"))
    with pytest.raises(PluginError, match=r"(?s)'typo'.*registrar"):
        plugins.reload()


def test_a_plugin_may_look_up_built_in_parts_while_it_is_imported(door):
    door("reuse", PLUGIN + "\nfrom nbnet.registry import activations\nRELU = activations.get('relu')\n")
    plugins.reload()
    assert "triple" in registry.activations


def test_a_plugin_file(door, tmp_path):
    path = tmp_path / "my.plugin.py"
    path.write_text(PLUGIN)
    plugins.reload()
    taken = plugins.add_file(path)
    assert plugins.add_file(path) is taken
    assert taken.provides == {"activation": ["triple"]}
    assert registry.activations.owner("triple") == str(path)


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("none.py", None, "none.py' is not one or does not exist"),
        ("text.txt", PLUGIN, "expects a Python file"),
        ("empty.py", "x = 1", r"registers nothing\. A plugin has functions such as"),
    ],
)
def test_a_plugin_file_that_is_none(door, tmp_path, name, code, message):
    if code is not None:
        (tmp_path / name).write_text(code)
    with pytest.raises(PluginError, match=message):
        plugins.add_file(tmp_path / name)


def test_a_plugin_file_that_fails_can_be_mended_and_added_again(door, tmp_path):
    path = tmp_path / "mended.py"
    path.write_text("raise OSError('not yet')")
    with pytest.raises(OSError, match="not yet"):
        plugins.add_file(path)
    path.write_text(PLUGIN)
    os.utime(path, (1, 1))
    assert plugins.add_file(path).provides


def test_a_plugin_file_that_clashes_leaves_nothing(door, tmp_path):
    path = tmp_path / "clash.py"
    path.write_text(PLUGIN + '    register("relu", lambda x: x)\n')
    with pytest.raises(PluginError, match="'relu' is registered by 'nbnet'"):
        plugins.add_file(path)
    assert "triple" not in registry.activations
    assert registry.activations.owner("relu") == "nbnet"


def test_nothing_is_loaded_before_it_is_needed(door, tmp_path):
    door("triple", PLUGIN)
    code = (
        "import sys, nbnet.registry as r; before = 'door_triple' in sys.modules; "
        "r.losses.names(); print(before, 'door_triple' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE.parent)])}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert ended.stdout.split() == ["False", "True"]
