"""``nbnet predict``: what a trained model says of inputs."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation
from nbnet.compiler.table import table
from nbnet.errors import DataError

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="RUN|FILE.nbnet")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv", help="Write a CSV file.")
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="Samples computed at once.")
@click.option("--invert", is_flag=True, help="Swap light and dark in images.")
@options.threads
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model: Path, inputs: tuple[Path, ...], out: Path | None, batch_size: int | None, invert: bool, as_json: bool
) -> None:
    """Predict the classes or values of inputs.

    Inputs are .csv, .npz, .npy, IDX and image files, or folders of images; they go through the preprocessing of the
    training. Columns of a table are found by their names. For a model with several inputs an .npz file has an array for
    each by its name, and a .csv file a column for each that is a number. Images are read as they are: a model of light
    digits on dark expects such, and --invert makes them of ink on paper.
    """
    from nbnet.training.prediction import predict_files
    from nbnet.training.strict_json import json_text

    if out is not None and not out.parent.is_dir():
        raise DataError(f"There is no folder '{out.parent}' to write '{out}' to. Make it first.")
    show_compilation()
    found = predict_files(model, inputs, batch_size=batch_size, invert=invert)
    if out is not None:
        found.write_csv(out)
    if as_json:
        click.echo(json_text(found.rows(), indent=2))
    elif out is not None:
        click.echo(f"Wrote {len(found.names):,} predictions to {out}.")
    else:
        click.echo(table(*found.shown()))
