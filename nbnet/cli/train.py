"""``nbnet train``: a model file becomes a run folder."""

from __future__ import annotations

import math
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="MODEL.py")
@click.option("--epochs", type=click.IntRange(1), metavar="N", help="Passes over the training samples.")
@click.option("--batch-size", type=options.BatchSize(), metavar="N|full", help="Samples in a step; full: all of them.")
@click.option(
    "--lr", type=click.FloatRange(0), metavar="X", help="Learning rate of the optimizer; also in place of a schedule."
)
@options.hyperparameters
@options.data_dir
@click.option(
    "--out",
    default="runs",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder in which the run folder is made.",
)
@options.seed
@options.threads
@click.option("--device", type=click.Choice(["cpu"]), default="cpu", show_default=True, help="What to compute on.")
@options.plugin_files
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@options.traceback
@click.pass_context
def command(
    ctx: click.Context,
    model_file: Path,
    epochs: int | None,
    batch_size: int | str | None,
    lr: float | None,
    settings: tuple[str, ...],
    out: Path,
    seed: int | None,
    device: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train the model of a model file on its data.

    MODEL.py defines `model` and `data`, objects or functions whose keyword arguments are hyperparameters, and if it
    likes `fit = dict(epochs=..., batch_size=...)`. Everything about the run is kept in a new folder: config.json,
    model.py, metrics.csv, best.nbnet, last.nbnet, result.json and, where matplotlib is installed, curves.png and, of a
    classifier, confusion.png.
    """
    from nbnet.training.project import load_project
    from nbnet.training.run_folder import train_project
    from nbnet.training.strict_json import json_text

    show_compilation(not quiet)
    given = options.parse_settings(settings)
    with options.clean_output(as_json):
        project = load_project(model_file, given, seed=seed)
    project.fit.update({key: value for key, value in (("epochs", epochs), ("batch_size", batch_size)) if value})
    if lr is not None:
        if not math.isfinite(lr):
            raise click.UsageError(f"--lr expects a finite number; received {lr}.")
        project.model.optimizer.learning_rate = lr
    about = {
        "command": shlex.join(["nbnet", *sys.argv[1:]]),
        "device": device,
        "plugins": _plugins(),
    }
    if quiet or as_json:
        with options.clean_output(as_json):
            result = train_project(project, out, settings=about)
    else:
        result = _train_visibly(project, out, about)
    if as_json:
        click.echo(json_text({"folder": str(result.folder), **result.to_json()}))
    elif not quiet:
        click.echo(f"Run folder: {result.folder}{os.sep}")
    if result.signal is not None:
        click.echo(
            f"Interrupted after {_epochs(result.epochs)}; last.nbnet is saved in {result.folder}{os.sep}", err=True
        )
        ctx.exit(128 + result.signal)


def _train_visibly(project: Any, out: Path, about: dict[str, Any]) -> Any:
    """Train with a progress bar, and print what came out."""
    from nbnet.training.progress import ProgressBar, as_line
    from nbnet.training.run_folder import train_project

    project.build()
    click.echo(f"Training {project.name}, {project.model.count_params():,} parameters")
    click.echo(repr(project.data))

    def show(result: Any) -> None:
        if result.message:
            click.echo(result.message)
        for name, measured in (("Validation", result.validation), ("Test", result.test)):
            if measured is not None:
                epoch = "an unfinished epoch" if result.best_epoch is None else f"epoch {result.best_epoch}"
                click.echo(f"{name:<11}{as_line(measured)}  (weights of {epoch})")
        if project.data.validation is None and result.validation is None and not result.interrupted:
            click.echo("No validation samples: best.nbnet holds the last weights, as last.nbnet does.")
        click.echo(f"{_epochs(result.epochs)} in {result.seconds:.1f} s")

    result = train_project(project, out, [ProgressBar()], about, show)
    if result.pictures:
        click.echo(f"Pictures: {', '.join(path.name for path in result.pictures)}")
    if result.remark:
        click.echo(result.remark)
    return result


def _epochs(count: int) -> str:
    """A number of epochs in words."""
    return f"{count} epoch{'s' * (count != 1)}"


def _plugins() -> list[dict[str, str]]:
    """The plugins in use, beside nbnet's own parts."""
    from nbnet.plugins import plugins

    used = [plugin for plugin in plugins() if plugin.origin != "built-in" and plugin.error is None]
    return [{"name": plugin.name, "distribution": plugin.distribution} for plugin in used]
