"""``nbnet doctor``: facts about this installation, and whether it trains."""

from __future__ import annotations

import click

from nbnet.cli import options
from nbnet.cli.compiling import show_compilation

__all__ = ["command"]


@click.command()
@options.threads
@options.as_json
@options.plugin_files
@options.traceback
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check this installation and train for half a second as proof.

    The exit code is 1 when the training does not learn.
    """
    from nbnet.plugins import plugins
    from nbnet.training.checkup import checkup
    from nbnet.training.strict_json import json_text

    show_compilation()
    broken = {plugin.name: plugin.error for plugin in plugins() if plugin.error is not None}
    facts = {**checkup(), "plugins_not_in_use": broken}
    if as_json:
        click.echo(json_text(facts, indent=2))
        ctx.exit(0 if facts["sound"] else 1)
    training, cache = facts["training"], facts["cache"]
    compiled = training["kernels_compiled"]
    lines = {
        "packages": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
        "platform": facts["platform"],
        "processor": f"{facts['cpu']}, {facts['vector_bits']}-bit vectors, {facts['cores']} cores",
        "threads": f"{facts['threads']}, of nbnet's own (needs no OpenMP or TBB)",
        "kernel cache": f"{cache['path']}: {cache['entries']} kernels, {cache['bytes'] / 1e6:.1f} MB",
        "training": f"{training['steps']:,} steps in {training['seconds']} s ({compiled} "
        f"kernel{'s' * (compiled != 1)} compiled); loss {training['loss_before']} -> {training['loss_after']}",
    }
    for name, text in lines.items():
        click.echo(f"{name:<13}{text}")
    for name, reason in broken.items():
        click.echo(f"plugin       '{name}' is not in use: {reason}")
    for warning in facts["warnings"]:
        click.echo(f"Warning: {warning}")
    click.echo("Everything works." if facts["sound"] else "The training did not learn: something is wrong.")
    ctx.exit(0 if facts["sound"] else 1)
