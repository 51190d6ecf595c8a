"""``nbnet convert``: weights of Keras or PyTorch in a model file's layers, as a saved model."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options

__all__ = ["command"]


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--model", required=True, type=options.MODEL_FILE, metavar="MODEL.py", help="The layers that take them.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.nbnet")
@click.option(
    "--map",
    "renamings",
    multiple=True,
    metavar="FROM=TO",
    help="Which layer takes what is called FROM in the file; none with FROM= alone. May be given several times.",
)
@click.option("--by-name/--by-place", default=None, help="Match by names, or not. Default: by names where all agree.")
@click.option("--skip-mismatch", is_flag=True, help="Take what fits, and leave the other weights as they are.")
@click.option("--with-data", is_flag=True, help="Load the model file's data too, so that `nbnet predict` knows them.")
@options.hyperparameters
@options.data_dir
@options.plugin_files
@options.traceback
def command(
    weights: Path,
    model: Path,
    out: Path,
    renamings: tuple[str, ...],
    by_name: bool | None,
    skip_mismatch: bool,
    with_data: bool,
    settings: tuple[str, ...],
) -> None:
    """Put weights of Keras or PyTorch into a model.

    FILE is a .weights.h5, .keras or .h5 of Keras, or a .safetensors with a state_dict of PyTorch. The model file is
    executed; FILE is not.
    """
    from nbnet.training.project import load_project

    project = load_project(model, options.parse_settings(settings), needs_data=with_data, needs_compile=False)
    project.build()
    project.model.load_weights(weights, _parsed(renamings), skip_mismatch, by_name)
    if with_data:
        project.model.remember(project.data)
    project.model.save(out)
    click.echo(f"Wrote {out} with the weights of {weights}: {project.model.count_params():,} numbers.")


def _parsed(renamings: tuple[str, ...]) -> dict[str, str | None]:
    """Split FROM=TO texts."""
    parsed: dict[str, str | None] = {}
    for renaming in renamings:
        source, equals, name = renaming.rpartition("=")
        if not equals:
            raise click.UsageError(f"--map expects FROM=TO, e.g. --map fc1=dense; received '{renaming}'.")
        parsed[source] = name or None
    return parsed
