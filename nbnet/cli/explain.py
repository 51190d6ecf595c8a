"""``nbnet explain``: what a step runs, and what that costs on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.command()
@click.argument("model_file", type=options.MODEL_FILE, metavar="MODEL.py")
@options.step
@options.step_batch_size
@click.option(
    "--graph",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the graph, as recorded and after fusion.",
)
@click.option("--profile", is_flag=True, help="Run steps and measure each kernel call in place.")
@click.option(
    "--trace",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Measure, and write the last steps as a trace for ui.perfetto.dev, one lane a thread.",
)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Steps to measure. Default: for a second.")
@options.threads
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
    profile: bool,
    trace: Path | None,
    steps: int | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what a training step runs and what it costs.

    A row is a kernel call: its layer and source line, shapes, FLOPs, bytes and work items. Nothing is compiled or run.

    With --profile steps are run on the first batch, and a row says what the call costs: the time in place, what share
    of this machine's rate in a large matrix product and in copying that is, and which calls hold the step back.
    """
    from nbnet.compiler.explain import describe, explain
    from nbnet.runtime.profile_table import describe_profile, profile_table
    from nbnet.training.explanation import explain_project, profile_project
    from nbnet.training.project import load_project
    from nbnet.training.strict_json import json_text

    measured = profile or trace is not None
    if steps is not None and not measured:
        raise click.UsageError("--steps is a number of steps to measure; add --profile or --trace FILE.")
    with options.clean_output(as_json):
        project = load_project(model_file, options.parse_settings(settings))
        found = explain_project(project, step, batch_size)
    if graph is not None:
        found.write_graph(graph)
    width = max(shutil.get_terminal_size((160, 24)).columns, 100)
    if measured:
        show_compilation()
        with options.clean_output(as_json):
            costs = profile_project(project, step, batch_size, steps=steps, trace=trace)
        click.echo(json_text(describe_profile(costs), indent=2) if as_json else profile_table(costs, width))
        if trace is not None:
            click.echo(f"Wrote {trace}; open it with ui.perfetto.dev.", err=True)
    else:
        click.echo(json_text(describe(found.plan), indent=2) if as_json else explain(found.plan, width))
