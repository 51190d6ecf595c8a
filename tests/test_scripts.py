"""What the set-up scripts say on machines that lack something, with a stand-in for Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("sh", "dirname", "cat", "cksum", "uname", "env")

# Answers the questions that scripts/environment asks of Python; what is in MISSING fails.
PYTHON = """#!/bin/sh
for word in $MISSING; do
    case "$*" in *"$word"*) exit 1 ;; esac
done
case "$*" in
    *print*) echo 3.11 ;;
    *"-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python
        printf '#!/bin/sh\\necho "nbnet $*"\\n' >.venv/bin/nbnet
        chmod +x .venv/bin/nbnet ;;
    *"pip install"*) echo "pip $*" ;;
esac
"""


@pytest.fixture
def quickstart(tmp_path):
    """Run a copy of scripts/quickstart; give the names of what this machine lacks."""
    (tmp_path / "scripts").mkdir()
    for name in ("environment", "quickstart"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in (*TOOLS, "mkdir", "cp", "chmod"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)

    def run(*missing, python=True):
        if python:
            (tools / "python3").write_text(PYTHON)
            (tools / "python3").chmod(0o755)
        return subprocess.run(
            [str(tmp_path / "scripts" / "quickstart")],
            capture_output=True,
            text=True,
            env={"PATH": str(tools), "MISSING": " ".join(missing)},
        )

    return run


def test_it_installs_once_and_trains(quickstart):
    first = quickstart()
    assert first.returncode == 0, first.stderr
    assert "Making .venv with Python 3.11" in first.stdout
    assert "pip install" in first.stdout
    assert "nbnet train nbnet/templates/digits.py --out runs" in first.stdout
    assert first.stderr == ""
    again = quickstart()
    assert "Making" not in again.stdout
    assert "pip" not in again.stdout
    assert "nbnet train" in again.stdout


def test_without_python(quickstart):
    ended = quickstart(python=False)
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer, and none was found" in ended.stderr
    assert "sudo apt install python3 python3-venv" in ended.stderr


def test_with_an_old_python(quickstart):
    ended = quickstart("version_info")
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer" in ended.stderr


def test_without_venv(quickstart):
    ended = quickstart("ensurepip")
    assert ended.returncode == 1
    assert "sudo apt install python3.11-venv" in ended.stderr


def test_without_a_package_index(quickstart):
    ended = quickstart("install")
    assert ended.returncode == 1
    assert "The installation failed" in ended.stderr
    assert "nbnet train" not in ended.stdout


@pytest.mark.parametrize("name", ["scripts/quickstart", "scripts/test", "scripts/accept", ".ci/run"])
def test_scripts_can_be_run(name):
    assert os.access(ROOT / name, os.X_OK)


def test_accept_lists_its_runs_and_refuses_others():
    accept = [sys.executable, str(ROOT / "scripts" / "accept")]
    listed = subprocess.run([*accept, "--list"], capture_output=True, text=True)
    assert {"digits", "mnist-mlp", "random-graphs", "same-bits"} <= set(listed.stdout.split())
    assert subprocess.run([*accept, "nothing"], capture_output=True).returncode == 2
