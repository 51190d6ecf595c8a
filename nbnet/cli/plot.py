"""``nbnet plot``: pictures of a run, a saved model or a model file."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="RUN|FILE.nbnet|MODEL.py")
@click.argument(
    "kinds",
    nargs=-1,
    type=click.Choice(["curves", "confusion", "boundary", "samples", "model"]),
    metavar="[curves|confusion|boundary|samples|model]...",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder to write to. Default: the run folder, or the one in which the file is.",
)
@click.option(
    "--format", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True, help="Of the pictures."
)
@click.option(
    "--data",
    metavar="PATH",
    help="Samples: an .npz archive with x and y, a .csv file where the model was trained on one, the name of a data "
    "set, or a model file, which is executed for its data. Default: the data set that the model was trained on.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Which samples of the data. Default: test, where there are any; of a model file train.",
)
@click.option(
    "--max-samples", type=click.IntRange(1), default=25, show_default=True, metavar="N", help="How many images to draw."
)
@options.hyperparameters
@options.data_dir
@options.threads
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model: Path,
    kinds: tuple[str, ...],
    out: Path | None,
    format: str,
    data: str | None,
    split: str | None,
    max_samples: int,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw curves, confusion matrix, samples and layers.

    Without kinds all is drawn that there is. Curves come from the metrics.csv of a run folder; a boundary needs a
    network with two inputs, samples need images. The layers are drawn to model.svg. A model file is not trained: its
    layers and samples are drawn.
    """
    from nbnet.plot.saved import draw_saved
    from nbnet.training.strict_json import json_text

    given = options.parse_settings(settings)
    if given and model.suffix != ".py" and not (data or "").endswith(".py"):
        raise click.UsageError("--set is for a model file, also one that is given as --data.")
    show_compilation()
    with options.clean_output(as_json):
        found = draw_saved(
            model, kinds or None, out, data=data, split=split, settings=given, format=format, max_samples=max_samples
        )
    if as_json:
        paths = {kind: str(path) for kind, path in found.paths.items()}
        click.echo(json_text({"pictures": paths, "left_out": found.left_out}, indent=2))
        return
    for path in found.paths.values():
        click.echo(f"Wrote {path}")
    reasons: dict[str, list[str]] = {}
    for kind, reason in found.left_out.items():
        reasons.setdefault(reason, []).append(kind)
    for reason, left_out in reasons.items():
        click.echo(f"No {', '.join(left_out)}: {reason}", err=True)
