"""``nbnet evaluate``: how well a trained model does."""

from __future__ import annotations

from pathlib import Path

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="RUN|FILE.nbnet")
@click.option(
    "--data",
    metavar="PATH",
    help="An .npz archive with x and y (or x_NAME and y_NAME for several), a .csv file where the model was trained on "
    "one, the name of a data set, or a model file, which is executed for its data. Default: the data set that the "
    "model was trained on.",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    help="Which samples of the data. Default: test, where there are any.",
)
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="Samples computed at once.")
@options.hyperparameters
@options.data_dir
@options.threads
@options.as_json
@options.plugin_files
@options.traceback
def command(
    model: Path,
    data: str | None,
    split: str | None,
    batch_size: int | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Measure a trained model on a data set.

    Of a run folder the best weights are taken. A model file given as --data gets the hyperparameters of the run, and
    what --set says.
    """
    from nbnet.training.progress import as_line, as_matrices
    from nbnet.training.strict_json import json_text
    from nbnet.training.trained import evaluate_saved

    show_compilation()
    given = options.parse_settings(settings)
    if given and not (data or "").endswith(".py"):
        raise click.UsageError("--set is for a model file that is given as --data.")
    with options.clean_output(as_json):
        found = evaluate_saved(model, data, split, batch_size, given)
    if as_json:
        click.echo(json_text({**found.metrics, "samples": found.samples, "data": found.source}))
        return
    click.echo(f"{as_line(found.metrics)}   ({found.samples:,} samples of {found.source})")
    for text in as_matrices(found.metrics):
        click.echo(text)
