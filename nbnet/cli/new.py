"""``nbnet new``: a model file from a template."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from nbnet.cli import options

__all__ = ["command"]


def _list(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Name the templates, with a line about each, and end."""
    if wanted:
        from nbnet.training.template_lines import template_lines

        lines = template_lines()
        width = max(map(len, lines))
        click.echo("\n".join(f"{name:{width}}  {line}".rstrip() for name, line in lines.items()))
        ctx.exit()


@click.command()
@click.argument("name")
@click.option("--template", default="digits", show_default=True, metavar="T", help="The template; --list shows all.")
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="List the templates.")
@options.plugin_files
@options.traceback
def command(name: str, template: str) -> None:
    """Write a new model file from a template.

    NAME may be a path; NAME.py is written, and an existing file is never overwritten.
    """
    from nbnet.training.project import new_model_file

    path = new_model_file(Path(name), template)
    click.echo(f"Wrote {path}. Train it with: nbnet train {shlex.quote(str(path))}")
