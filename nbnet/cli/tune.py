"""``nbnet tune``: measure how the products of a model are done fastest on this machine, and keep it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]

_STAGES = {"tiles": "tiles and packings", "cuts": "cutting of the work", "proof": "winners against the model"}


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="[MODEL.py]", required=False)
@options.step
@options.step_batch_size
@click.option("--clear", is_flag=True, help="Forget what was measured on this machine instead.")
@options.threads
@options.hyperparameters
@options.data_dir
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model_file: Path | None,
    step: str,
    batch_size: int | str | None,
    clear: bool,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure how a model runs fastest on this machine.

    Register tiles, packing and cutting of the work are tried in place, for the shapes of this model and batch size. The
    winners are kept in the cache folder, and later runs use them; NBNET_TUNING=off does without. No result changes by
    a bit. Every run notes its choices in config.json, and training the model.py of a run folder uses these.
    """
    from nbnet.training.strict_json import json_text

    if clear:
        from nbnet.runtime.tuned_choices import clear_choices

        removed = clear_choices()
        text = f"Removed {removed} file{'s' * (removed != 1)} of measured choices."
        click.echo(json_text({"removed": removed}, indent=2) if as_json else text)
        return
    if model_file is None:
        raise click.UsageError("Give a model file, e.g. nbnet tune mynet.py, or --clear.")
    from nbnet.training.project import load_project
    from nbnet.training.tuning import describe_tuning, tune_project

    show_compilation()
    with options.clean_output(as_json):
        project = load_project(model_file, options.parse_settings(settings))
        found = tune_project(project, step, batch_size, on_progress=_report)
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 60 + "\r")
    click.echo(json_text(describe_tuning(found), indent=2) if as_json else str(found))


def _report(stage: str, done: int) -> None:
    """Say on one line of a terminal what is measured; elsewhere once a stage."""
    text = f"measuring {_STAGES[stage]}, round {done}"
    if sys.stderr.isatty():
        sys.stderr.write("\r" + text.ljust(60))
        sys.stderr.flush()
    elif done == 1:
        click.echo(f"measuring {_STAGES[stage]}", err=True)
