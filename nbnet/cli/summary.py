"""``nbnet summary``: the layers of a model."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="MODEL.py|RUN|FILE.nbnet")
@options.hyperparameters
@options.data_dir
@options.plugin_files
@options.traceback
def command(model: Path, settings: tuple[str, ...]) -> None:
    """Show the layers of a model and their parameters."""
    from nbnet.training.project import load_project
    from nbnet.training.trained import load_trained

    given = options.parse_settings(settings)
    if model.suffix == ".py":
        project = load_project(model, given, needs_data=False, needs_compile=False)
        project.build()
        project.model.summary()
        return
    if given:
        raise click.UsageError("--set is for model files; a trained model is as it is.")
    load_trained(model).summary()
