"""``nbnet``: the table of commands, and how a command ends.

The help lines stand here because click would import every command for them; ``nbnet --help`` imports neither
Numba nor a plugin.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib import metadata

import click

from nbnet.cli.failure import report_failure
from nbnet.errors import suggest
from nbnet.version import __version__

__all__ = ["COMMANDS", "main", "nbnet_command"]

GROUP = "nbnet.commands"

# Command → its help line. The command `name` is the object `command` in nbnet/cli/<name>.py.
COMMANDS: dict[str, str] = {
    "train": "Train the model of a model file on its data.",
    "evaluate": "Measure a trained model on a data set.",
    "predict": "Predict the classes or values of inputs.",
    "summary": "Show the layers of a model and their parameters.",
    "plot": "Draw curves, confusion matrix, samples and layers.",
    "inspect": "Draw filters, feature maps and saliency of a network.",
    "trace": "Show every number of one training step.",
    "explain": "Show what a training step runs and what it costs.",
    "tune": "Measure how a model runs fastest on this machine.",
    "convert": "Put weights of Keras or PyTorch into a model.",
    "new": "Write a new model file from a template.",
    "plugins": "List plugins and what they provide.",
    "doctor": "Check this installation and train for half a second as proof.",
    "cache": "Show, clear or fill the cache of compiled kernels.",
}


class CommandTable(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name nbnet's commands in the table's order, then those of other distributions."""
        return [*COMMANDS, *_foreign()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in COMMANDS:
            command: click.Command = importlib.import_module(f"nbnet.cli.{cmd_name}").command
            return command
        point = _foreign().get(cmd_name)
        if point is None:
            return None
        loaded = point.load()
        if not isinstance(loaded, click.Command):
            raise click.ClickException(
                f"The command '{cmd_name}' of {_distribution(point)} is no click command but {type(loaded).__name__}."
            )
        return loaded

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant, or say which are close."""
        if args and not args[0].startswith("-") and args[0] not in (known := self.list_commands(ctx)):
            ctx.fail(f"No such command '{args[0]}'. {suggest(args[0], known, noun='command')}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help lines from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        foreign = _foreign()
        if foreign:
            with formatter.section("Commands of plugins"):
                formatter.write_dl([(name, f"From {_distribution(point)}.") for name, point in foreign.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a failure becomes one message and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            ctx.exit(report_failure(error, traceback_wanted=ctx.meta.get("nbnet.traceback", False)))


def _foreign() -> dict[str, metadata.EntryPoint]:
    """Commands of other distributions; nbnet's own names cannot be taken."""
    points = sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name)
    return {point.name: point for point in points if point.name not in COMMANDS}


def _distribution(point: metadata.EntryPoint) -> str:
    """Name and version of the distribution that brings a command."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


@click.group(
    cls=CommandTable,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: nbnet new NAME, then nbnet train NAME.py",
)
@click.version_option(__version__, prog_name="nbnet")
def nbnet_command() -> None:
    """Train neural networks that are compiled to machine code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 1 failure, 2 usage, 130 interrupted."""
    try:
        nbnet_command.main(args=None if arguments is None else list(arguments), prog_name="nbnet")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
