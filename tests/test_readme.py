"""The README: its Python runs, its commands and options exist, its tables and help text are what the code says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nbnet import hookspecs
from nbnet.cli.main import COMMANDS, nbnet_command

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of one language, without the indentation of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", README, re.MULTILINE | re.DOTALL)
    return ["".join(line.removeprefix(indent) for line in text.splitlines(True)) for indent, text in found]


COMMAND_LINES = [
    line for block in blocks("sh") for line in block.splitlines() if line.strip() and not line.startswith("#")
]


def test_there_is_something_to_test():
    assert len(blocks("python")) >= 4
    assert len(COMMAND_LINES) >= 8


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_every_command_exists_with_its_options(line):
    words = shlex.split(line)
    if words[0] != "nbnet":
        assert os.access(ROOT / words[0], os.X_OK), f"{words[0]} cannot be run"
        return
    assert words[1] in COMMANDS
    command: click.Command | None = nbnet_command.get_command(click.Context(nbnet_command), words[1])
    if isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words[2])
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known


def test_the_help_text_is_that_of_the_command():
    shown = next(block for block in blocks("text") if block.startswith("$ nbnet --help\n"))
    actual = CliRunner().invoke(nbnet_command, ["--help"], prog_name="nbnet", terminal_width=80).output
    assert shown.removeprefix("$ nbnet --help\n").strip() == actual.strip()


def test_the_table_of_hooks_is_complete():
    listed = dict(re.findall(r"^\| `(register_\w+)` \| (.*) \|$", README, re.MULTILINE))
    specs = {name: spec for name, spec in vars(hookspecs).items() if name.startswith("register_")}
    assert set(listed) == set(specs)
    for name, text in listed.items():
        assert f"Register {text}." == specs[name].__doc__.strip()


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_its_python_runs(number, tmp_path):
    path = tmp_path / "example.py"
    path.write_text(blocks("python")[number], encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(path)], capture_output=True, text=True, cwd=tmp_path, env=environment
    )
    assert ended.returncode == 0, ended.stderr


def test_its_model_file_trains(tmp_path):
    text = next(block for block in blocks("python") if "def model(" in block)
    (tmp_path / "mynet.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "nbnet", "train", "mynet.py", "--epochs", "1", "--set", "hidden=16"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "runs" / "mynet-1" / "result.json").is_file()


def test_each_line_of_the_course_runs(tmp_path, monkeypatch):
    """The lines of its tables, in order, after the code before the first of them."""
    monkeypatch.chdir(tmp_path)
    section = README.split("## From the course to nbnet\n")[1].split("\n## ")[0]
    before, _, tables = section.partition("**Neurons and layers**")
    namespace: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", before, re.DOTALL)[0], namespace)
    rows = re.findall(r"^\| (.*) \|$", tables.split("**What to choose**")[0], re.MULTILINE)
    lines = [row.rsplit(" | ", 1)[1] for row in rows if row.rsplit(" | ", 1)[-1].startswith("`")]
    assert len(lines) > 50
    for line in lines:
        assert line.count("`") == 2, line
        code = line.strip("`")
        if code.startswith("nbnet "):
            assert shlex.split(code)[1] in COMMANDS
            continue
        try:
            exec(code, namespace)
        except Exception as error:
            raise AssertionError(f"`{code}` fails: {error}") from error


def test_the_variables_it_names_are_read():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "nbnet").rglob("*.py"))
    for name in re.findall(r"^\| (NBNET_\w+) \|", README, re.MULTILINE):
        assert f'"{name}"' in sources, name
