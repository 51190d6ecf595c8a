"""``nbnet trace``: the learning glass over one training step."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options

__all__ = ["command"]


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="MODEL.py")
@click.option(
    "--sample",
    "samples",
    type=click.IntRange(0),
    multiple=True,
    metavar="N",
    help="Which training sample, counted from 0; several make a small batch. Default: the first.",
)
@click.option(
    "--batch-size", type=options.BatchSize(), metavar="N|full", help="Take the first N training samples; full: all."
)
@options.hyperparameters
@options.data_dir
@options.seed
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model_file: Path,
    samples: tuple[int, ...],
    batch_size: int | str | None,
    settings: tuple[str, ...],
    seed: int | None,
    as_json: bool,
) -> None:
    """Show every number of one training step.

    For one sample or a small batch: input, z and f(z) of each layer, the loss and its formula, the gradient of each z,
    weight and bias, and each weight before and after the update, to be checked by hand. Large matrices are shortened,
    but not in JSON, which is for up to 8 million numbers.
    """
    from nbnet.training.glass import trace_project
    from nbnet.training.project import load_project
    from nbnet.training.strict_json import json_text

    if samples and batch_size is not None:
        raise click.UsageError("--sample names samples, --batch-size takes the first ones; give one of them.")
    with options.clean_output(as_json):
        project = load_project(model_file, options.parse_settings(settings), seed=seed)
        found = trace_project(project, samples, batch_size)
    click.echo(json_text(found.to_json()) if as_json else str(found))
