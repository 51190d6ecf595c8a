"""``nbnet plugins list``: what came in through the plugin door."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from nbnet.cli import options
from nbnet.version import __version__

__all__ = ["command"]


@click.group()
def command() -> None:
    """List plugins and what they provide."""


@command.command("list")
@options.as_json
@options.plugin_files
@options.traceback
def list_plugins(as_json: bool) -> None:
    """List plugins, where they come from and what they register."""
    from nbnet.plugins import plugins

    found = plugins()
    if as_json:
        click.echo(json.dumps([{**asdict(plugin), "owner": plugin.owner} for plugin in found], indent=2))
        return
    built_in: dict[str, list[str]] = {}
    for plugin in found:
        if plugin.origin == "built-in":
            for noun, names in plugin.provides.items():
                built_in.setdefault(noun, []).extend(names)
    _show(f"nbnet {__version__} (built in)", built_in, None)
    for plugin in found:
        if plugin.origin != "built-in":
            _show(f"{plugin.name}  ({plugin.distribution})", plugin.provides, plugin.error)
    if all(plugin.origin == "built-in" for plugin in found):
        click.echo("No other plugin is installed. One is a distribution with an entry point in the group 'nbnet'.")


def _show(title: str, provides: dict[str, list[str]], error: str | None) -> None:
    """Print one plugin."""
    click.echo(title if error is None else f"{title}  NOT IN USE: {error}")
    for noun, names in provides.items():
        listed = click.wrap_text(
            ", ".join(sorted(names)), width=100, initial_indent=f"  {noun:<12} ", subsequent_indent=" " * 15
        )
        click.echo(listed)
