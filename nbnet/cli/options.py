"""Options that several commands share."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click

from nbnet.cli.failure import show_warning

__all__ = [
    "MODEL_FILE",
    "BatchSize",
    "as_json",
    "clean_output",
    "data_dir",
    "hyperparameters",
    "parse_settings",
    "plugin_files",
    "seed",
    "threads",
    "traceback",
]


class ModelFile(click.Path):
    """A model file that is there; one named without its ending is pointed out."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Look for the file."""
        if not os.path.exists(value) and os.path.isfile(f"{os.fspath(value)}.py"):
            self.fail(f"File '{os.fspath(value)}' does not exist. Did you mean '{os.fspath(value)}.py'?", param, ctx)
        return super().convert(value, param, ctx)


MODEL_FILE = ModelFile(exists=True, dir_okay=False, path_type=Path)


class BatchSize(click.ParamType):
    """A number of samples, or ``full``."""

    name = "N|full"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Read the text."""
        if value == "full":
            return "full"
        try:
            size = int(value)
        except ValueError:
            self.fail(f"'{value}' is neither a number of samples nor 'full'.", param, ctx)
        if size < 1:
            self.fail(f"{size} is not a number of samples; the smallest is 1.", param, ctx)
        return size


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _traceback(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Note it for the failure report; warnings become one line each."""
    ctx.meta["nbnet.traceback"] = wanted
    if not wanted:
        warnings.showwarning = show_warning


def _plugin_files(_: click.Context, __: click.Parameter, paths: tuple[Path, ...]) -> None:
    """Take in the plugin files."""
    if paths:
        from nbnet.plugins import add_file

        for path in paths:
            add_file(path)


def _threads(_: click.Context, __: click.Parameter, count: int | None) -> None:
    """Fix the number of threads before anything runs."""
    if count is not None:
        from nbnet.runtime.threads import set_num_threads

        set_num_threads(count)


def _data_dir(_: click.Context, __: click.Parameter, folder: Path | None) -> None:
    """Tell the data sets where to look."""
    if folder is not None:
        from nbnet.datasets import set_data_dir

        set_data_dir(folder)


traceback: Decorator = click.option(
    "--traceback",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_traceback,
    help="On a failure show nbnet's own frames too.",
)

plugin_files: Decorator = click.option(
    "--plugin",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.py",
    expose_value=False,
    callback=_plugin_files,
    help="Execute a plugin file and use what it registers. May be given several times.",
)

threads: Decorator = click.option(
    "--threads",
    type=click.IntRange(1),
    metavar="N",
    callback=_threads,
    is_eager=True,
    expose_value=False,
    help="Threads to compute with. Default: NBNET_NUM_THREADS, else all cores.",
)

seed: Decorator = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Seed of all random numbers. Default: 0."
)

data_dir: Decorator = click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    expose_value=False,
    callback=_data_dir,
    help="Folder with data sets. Default: NBNET_DATA_DIR, else the user's cache folder.",
)

step: Decorator = click.option(
    "--step", type=click.Choice(["train", "test", "predict"]), default="train", show_default=True
)

step_batch_size: Decorator = click.option(
    "--batch-size", type=BatchSize(), metavar="N|full", help="Samples in a step; full: all of them."
)

hyperparameters: Decorator = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a keyword argument of the model file's model() or data(). May be given several times.",
)

as_json: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def clean_output(as_json: bool) -> AbstractContextManager[object]:
    """Send what a model file prints to standard error while the output is to be JSON."""
    return contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()


def parse_settings(settings: tuple[str, ...]) -> dict[str, str]:
    """Split NAME=VALUE texts."""
    parsed: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier():
            raise click.UsageError(f"--set expects NAME=VALUE, e.g. --set hidden=128; received '{setting}'.")
        parsed[name] = value
    return parsed
