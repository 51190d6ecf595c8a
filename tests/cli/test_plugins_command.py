"""``nbnet plugins list``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nbnet import plugins
from nbnet.cli.main import nbnet_command

PLUGIN = """
import nbnet

@nbnet.hookimpl
def register_losses(register):
    register("my_loss", lambda y_true, y_pred: y_pred - y_true)
"""


@pytest.fixture
def run(tmp_path):
    """Run a command with a plugin file."""
    path = tmp_path / "mine.py"
    path.write_text(PLUGIN)
    yield lambda *arguments: CliRunner().invoke(nbnet_command, [*arguments, "--plugin", str(path)])
    plugins.reload()


def test_list(run):
    shown = run("plugins", "list")
    assert shown.exit_code == 0
    assert "(built in)" in shown.output
    assert "mine.py" in shown.output
    assert "my_loss" in shown.output


def test_list_as_json(run):
    listed = json.loads(run("plugins", "list", "--json").output)
    mine = listed[-1]
    assert mine["provides"] == {"loss": ["my_loss"]}
    assert mine["origin"] == "file"
    assert {item["owner"] for item in listed[:-1]} == {"nbnet"}
