"""``nbnet cache info|clear|warm``: the cache of compiled kernels."""

from __future__ import annotations

import json

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.group()
def command() -> None:
    """Show, clear or fill the cache of compiled kernels."""


@command.command("info")
@options.as_json
@options.traceback
def info(as_json: bool) -> None:
    """Show the folder, the number of kernels and their size."""
    from nbnet.kernels import cache

    state = cache.info()
    if as_json:
        click.echo(json.dumps({**state._asdict(), "path": str(state.path)}, indent=2))
        return
    click.echo(f"folder    {state.path}")
    click.echo(f"kernels   {state.entries}")
    click.echo(f"size      {state.bytes / 1e6:.1f} MB")
    click.echo(f"writable  {'yes' if state.writable else 'no: kernels are compiled anew in every run'}")


@command.command("clear")
@options.traceback
def clear() -> None:
    """Remove all compiled kernels.

    They are compiled again when they are needed.
    """
    from nbnet.kernels import cache

    entries, size = cache.clear()
    click.echo(f"Removed {entries} kernel{'s' * (entries != 1)}, {size / 1e6:.1f} MB, from {cache.folder()}.")


@command.command("warm")
@click.argument("template", nargs=-1, metavar="[TEMPLATE...]")
@options.threads
@options.plugin_files
@options.traceback
def warm(template: tuple[str, ...]) -> None:
    """Compile what the templates need.

    Give the names of some; default all. A first run then does not wait for it.
    """
    from nbnet.training.warm import warm_cache

    show_compilation()
    for name, compiled, found in warm_cache(template):
        click.echo(f"{name:<16} {compiled} compiled, {found} found in the cache")
