"""``nbnet cache``: the folder's state, and clearing it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nbnet.cli.cache import command
from nbnet.kernels import cache


@pytest.fixture
def entry(monkeypatch, tmp_path):
    """A cache of one kernel."""
    monkeypatch.setenv("NBNET_CACHE_DIR", str(tmp_path))
    assert cache.write("0" * 64, cache.Entry("k", "k", (), b"code" * 100))
    return tmp_path / "kernels"


def test_info(entry):
    shown = CliRunner().invoke(command, ["info"])
    assert shown.exit_code == 0
    assert str(entry) in shown.output
    state = json.loads(CliRunner().invoke(command, ["info", "--json"]).output)
    assert (state["path"], state["entries"], state["writable"]) == (str(entry), 1, True)
    assert state["bytes"] > 400


def test_clear(entry):
    (entry / "other.txt").write_text("not nbnet's")
    shown = CliRunner().invoke(command, ["clear"])
    assert "Removed 1 kernel," in shown.output
    assert cache.info().entries == 0
    assert (entry / "other.txt").exists()
