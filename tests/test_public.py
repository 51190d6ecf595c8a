"""The public face: every name resolves, and importing it loads neither Numba nor a plugin."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import nbnet


def modules_after(statement: str) -> set[str]:
    """Names of the modules that a fresh process has loaded after `statement`."""
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", nbnet.__all__)
def test_every_public_name_resolves(name):
    assert getattr(nbnet, name) is not None


def test_the_table_and_all_agree():
    assert sorted([*nbnet._PUBLIC, "__version__"]) == sorted(nbnet.__all__)
    assert set(nbnet.__all__) <= set(dir(nbnet))


def test_what_the_type_checker_sees_is_what_there_is():
    tree = ast.parse(Path(nbnet.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(nbnet._PUBLIC)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Sequentail'"):
        _ = nbnet.Sequentail


def test_import_loads_neither_numba_nor_plugins():
    loaded = modules_after("import nbnet")
    assert not {"numba", "llvmlite", "numpy", "pluggy", "nbnet.plugins"} & loaded


def test_describing_a_network_loads_no_numba():
    loaded = modules_after(
        "import nbnet\n"
        "model = nbnet.Sequential([nbnet.layers.Dense(4, activation='relu', input_shape=(3,))])\n"
        "assert model.count_params() == 16"
    )
    assert not {"numba", "llvmlite"} & loaded


def test_dir_shows_what_is_public():
    assert {name for name in dir(nbnet) if not name.startswith("__")} == set(nbnet.__all__) - {"__version__"}
