"""``nbnet explain``: what a step runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from nbnet.cli import options

__all__ = ["command"]


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="MODEL.py")
@click.option("--step", type=click.Choice(["train", "test", "predict"]), default="train", show_default=True)
@click.option("--batch-size", type=options.BatchSize(), metavar="N|full", help="Samples in a step; full: all of them.")
@click.option(
    "--graph",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the graph, as recorded and after fusion.",
)
@options.hyperparameters
@options.data_dir
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model_file: Path,
    step: str,
    batch_size: int | str | None,
    graph: Path | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what a training step runs and what it costs.

    A row is a kernel call: its layer and source line, shapes, FLOPs, bytes and work items. Nothing is compiled or run.
    """
    from nbnet.compiler.explain import describe, explain
    from nbnet.training.explanation import explain_project
    from nbnet.training.project import load_project
    from nbnet.training.strict_json import json_text

    with options.clean_output(as_json):
        project = load_project(model_file, options.parse_settings(settings))
        found = explain_project(project, step, batch_size)
    if graph is not None:
        found.write_graph(graph)
    if as_json:
        click.echo(json_text(describe(found.plan), indent=2))
    else:
        click.echo(explain(found.plan, max(shutil.get_terminal_size((160, 24)).columns, 100)))
