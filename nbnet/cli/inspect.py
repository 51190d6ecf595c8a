"""``nbnet inspect``: what the convolutions of a trained network look for, and what it sees in an image."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]

_IMAGE = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="RUN|FILE.nbnet")
@click.option("--filters", is_flag=True, help="Draw the filters of the first convolution.")
@click.option("--features", type=_IMAGE, metavar="IMAGE", help="Draw what each convolution makes of an image.")
@click.option("--saliency", type=_IMAGE, metavar="IMAGE", help="Draw which pixels the score of a class depends on.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to. Default: the run folder, or the one in which the file is.",
)
@click.option("--layer", metavar="NAME", help="Filters and feature maps of this layer only; nbnet summary names them.")
@click.option("--class", "class_name", metavar="NAME|N", help="Class of --saliency. Default: the predicted one.")
@click.option(
    "--smooth",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Average --saliency over N noisy copies of the image (SmoothGrad). Default: the image alone.",
)
@click.option("--invert", is_flag=True, help="Swap light and dark in images.")
@click.option(
    "--format", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True, help="Of the pictures."
)
@options.threads
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model: Path,
    filters: bool,
    features: Path | None,
    saliency: Path | None,
    out: Path | None,
    layer: str | None,
    class_name: str | None,
    smooth: int,
    invert: bool,
    format: str,
    as_json: bool,
) -> None:
    """Draw filters, feature maps and saliency of a network.

    The image goes through the preprocessing of the training; .npy, .npz, CSV and IDX files will do too: of several
    samples --features takes the first and --saliency the first 8. Filters and feature maps need a convolution, saliency
    needs none.
    """
    from nbnet.plot.inspected import inspect_saved
    from nbnet.training.strict_json import json_text

    if not filters and features is None and saliency is None:
        raise click.UsageError("Say what to draw: --filters, --features IMAGE, --saliency IMAGE.")
    for option, given in (("--class", class_name is not None), ("--smooth", smooth > 0)):
        if given and saliency is None:
            raise click.UsageError(f"{option} is for --saliency IMAGE.")
    if layer is not None and not filters and features is None:
        raise click.UsageError("--layer is for --filters and --features IMAGE.")
    show_compilation()
    found = inspect_saved(
        model, out, filters=filters, features=features, saliency=saliency, layer=layer, class_name=class_name,
        smooth=smooth, invert=invert, format=format,
    )  # fmt: skip
    if as_json:
        click.echo(json_text({"pictures": {kind: str(path) for kind, path in found.paths.items()}}, indent=2))
        return
    for path in found.paths.values():
        click.echo(f"Wrote {path}")
