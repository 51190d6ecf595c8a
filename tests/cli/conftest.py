"""Running commands, in this process and in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbnet.cli.main import nbnet_command

ROOT = Path(__file__).resolve().parents[2]

SMALL = """
import nbnet
from nbnet.layers import Dense, Flatten, Rescaling

data = nbnet.datasets.digits()
fit = dict(epochs=2, batch_size=64)


def model(hidden=8, activation="relu", rate=0.01):
    network = nbnet.Sequential([
        Rescaling(1 / 16, input_shape=(8, 8)),
        Flatten(),
        Dense(hidden, activation=activation),
        Dense(10, activation="softmax"),
    ])
    network.compile(nbnet.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
    return network
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a model file; without a text, a small one that trains."""

    def write_file(name="small.py", text=SMALL):
        path = folder / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def run(folder, monkeypatch):
    """Run nbnet in this process; the result has exit_code, stdout and stderr."""
    from nbnet.graph.seed import get_seed, set_seed
    from nbnet.runtime import cpu, threads

    monkeypatch.setattr(cpu, "on_compile", cpu.on_compile)
    monkeypatch.setattr(threads, "_chosen", threads._chosen)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("warnings.showwarning", __import__("warnings").showwarning)
    seed = get_seed()
    yield lambda *arguments: CliRunner().invoke(nbnet_command, [str(item) for item in arguments], prog_name="nbnet")
    set_seed(seed)


@pytest.fixture
def start(folder):
    """Start nbnet in a process of its own."""
    started = []

    def start_process(*arguments, **options):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("environment", {})}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "nbnet", *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=environment,
                **options,
            )
        )
        return started[-1]

    yield start_process
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
