"""The table of commands, what ``--help`` loads, other distributions' commands, and how a command ends."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nbnet.cli import main as cli
from nbnet.cli.failure import report_failure
from nbnet.errors import HyperparameterError, ShapeError

ROOT = Path(cli.__file__).parents[2]


@pytest.fixture
def run():
    """Run nbnet in this process; the result has exit_code, stdout and stderr."""
    return lambda *arguments: CliRunner().invoke(cli.nbnet_command, arguments, prog_name="nbnet")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_table_says_what_the_command_says(name):
    command = importlib.import_module(f"nbnet.cli.{name}").command
    assert command.help.splitlines()[0] == cli.COMMANDS[name]


def test_every_command_file_is_in_the_table():
    files = {path.stem for path in (ROOT / "nbnet" / "cli").glob("*.py")}
    with_command = {name for name in files if "\ndef command(" in (ROOT / "nbnet/cli" / f"{name}.py").read_text()}
    assert with_command == set(cli.COMMANDS)


def test_help_imports_neither_numba_nor_a_command():
    code = (
        "import sys, json\n"
        "from nbnet.cli.main import main\n"
        "assert main(['--help']) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(json.loads(ended.stdout.splitlines()[-1]))
    assert "train" in ended.stdout
    assert not {"numba", "llvmlite", "numpy", "rich", "pluggy", "nbnet.plugins", "nbnet.cli.train"} & loaded


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], *([name, "--help"] for name in cli.COMMANDS)])
def test_help_ends_well(run, arguments):
    assert run(*arguments).exit_code == 0


def test_usage_errors_end_with_2(run):
    unknown = run("trian")
    assert unknown.exit_code == 2
    assert "Did you mean 'train'" in unknown.stderr
    assert run("train").exit_code == 2
    assert run("train", "not_there.py").exit_code == 2
    assert run("train", "--nonsense").exit_code == 2
    assert run("cache", "nonsense").exit_code == 2


class Foreign:
    """An entry point of another distribution."""

    def __init__(self, name, loads):
        self.name = name
        self.value = "elsewhere:command"
        self.dist = type("Distribution", (), {"name": "nbnet-elsewhere", "version": "2.0"})
        self.load = loads


def test_commands_of_other_distributions(run, monkeypatch):
    loaded = []

    @click.command()
    def greet():
        click.echo("hello from elsewhere")

    point = Foreign("greet", lambda: loaded.append(1) or greet)
    taken = Foreign("train", lambda: pytest.fail("nbnet's own names cannot be taken"))
    monkeypatch.setattr(cli.metadata, "entry_points", lambda group: [point, taken] if group == "nbnet.commands" else [])
    shown = run("--help").stdout
    assert "greet" in shown
    assert "From nbnet-elsewhere 2.0." in shown
    assert not loaded
    assert "hello from elsewhere" in run("greet").stdout
    assert loaded
    point.load = lambda: 3
    assert "is no click command but int" in run("greet").stderr


def raised(code, filename):
    """The exception that code in a file raises."""
    with pytest.raises(Exception) as caught:
        exec(compile(code, filename, "exec"), {})
    return caught.value


def test_a_mistake_of_the_user_shows_their_line_and_no_other(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text("def broken():\n    return 1 / 0\n\nbroken()\n")
    error = raised(path.read_text(), str(path))
    assert report_failure(error, traceback_wanted=False) == 1
    shown = capsys.readouterr().err
    assert f'File "{path}", line 2, in broken' in shown
    assert "return 1 / 0" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "test_main.py" in shown  # this test is a user's file too
    assert os.path.join("nbnet", "cli") not in shown


def test_a_syntax_error_shows_its_place(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text("model = (\n")
    assert report_failure(raised(path.read_text(), str(path)), traceback_wanted=False) == 1
    shown = capsys.readouterr().err
    assert f'File "{path}", line 1' in shown
    assert "SyntaxError: '(' was never closed" in shown


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ShapeError("Expected (3,)."), 1, "Error: Expected (3,)."),
        (HyperparameterError("No such name."), 2, "Error: No such name."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (KeyboardInterrupt("Saved."), 130, "Saved."),
        (OSError(28, "No space left on device", "runs/x"), 1, "'runs/x' failed: No space left on device."),
        (RuntimeError("odd"), 1, "This is likely a fault of nbnet; --traceback shows where"),
    ],
)
def test_exit_codes_and_messages(capsys, error, code, message):
    assert report_failure(error, traceback_wanted=False) == code
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


def test_traceback_shows_all(capsys):
    assert report_failure(ShapeError("Expected (3,)."), traceback_wanted=True) == 1
    assert "nbnet.errors.ShapeError: Expected (3,)." in capsys.readouterr().err


def test_the_module_runs():
    ended = subprocess.run([sys.executable, "-m", "nbnet", "--version"], capture_output=True, text=True, cwd=ROOT)
    assert (ended.returncode, ended.stdout.split()[0]) == (0, "nbnet,")


def test_a_failure_of_the_command_line_is_one_message():
    environment = {**os.environ, "NBNET_PLUGINS": "nonsense"}
    ended = subprocess.run(
        [sys.executable, "-m", "nbnet", "plugins", "list"], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: NBNET_PLUGINS names the plugin 'nonsense', which is not installed.")
    assert len(ended.stderr.splitlines()) == 1
