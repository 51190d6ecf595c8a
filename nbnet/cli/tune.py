"""``nbnet tune``: measure how the products of a model are done fastest on this machine, and keep it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation
from nbnet.cli.table import columns

__all__ = ["command"]

_STAGES = {"tiles": "tiles and packings", "cuts": "cutting of the work", "proof": "winners against the model"}


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="[MODEL.py]", required=False)
@click.option("--step", type=click.Choice(["train", "test", "predict"]), default="train", show_default=True)
@click.option("--batch-size", type=options.BatchSize(), metavar="N|full", help="Samples in a step; full: all of them.")
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
    described = describe_tuning(found)
    click.echo(json_text(described, indent=2) if as_json else _table(described))


def _report(stage: str, done: int) -> None:
    """Say on one line of a terminal what is measured; elsewhere once a stage."""
    text = f"measuring {_STAGES[stage]}, round {done}"
    if sys.stderr.isatty():
        sys.stderr.write("\r" + text.ljust(60))
        sys.stderr.flush()
    elif done == 1:
        click.echo(f"measuring {_STAGES[stage]}", err=True)


def _table(found: dict[str, Any]) -> str:
    """What came out, for people."""
    rows = [
        (
            item["product"],
            item["model"]["reason"],
            item["choice"]["reason"] if item["gain"] else "the same",
            f"{1e6 * item['model_seconds']:.1f}",
            f"{1e6 * item['seconds']:.1f}",
            f"{100 * item['gain']:.0f} %" if item["gain"] else "",
        )
        for item in found["products"]
    ]
    table = columns(("product", "cost model", "winner", "µs", "now", "gain"), rows, frozenset({3, 4, 5}))
    lines = [table, "", f"{found['tried']} choices tried, {found['threads']} threads"]
    step = f"step: {1e3 * found['step_before']:.3f} ms with the cost model"
    lines.append(step + (f", {1e3 * found['step']:.3f} ms with the winners" if found["winners"] else ""))
    if found["path"]:
        lines.append(f"kept in {found['path']}")
    return "\n".join(lines)
