"""What a command says while kernels are compiled."""

from __future__ import annotations

import sys

import click

__all__ = ["show_compilation"]


def show_compilation(wanted: bool = True) -> None:
    """Report compilation on standard error, or not at all.

    Parameters
    ----------
    wanted : bool
        False for ``--quiet``.
    """
    from nbnet.runtime import cpu

    cpu.on_compile = _report if wanted else None


def _report(done: int, total: int) -> None:
    """Count on one line of a terminal; say it once elsewhere."""
    from nbnet.runtime import cpu

    if sys.stderr.isatty():
        cpu.report_compilation(done, total)
    elif done == 0:
        click.echo(f"compiling {total} kernel{'s' * (total != 1)} (first run only)", err=True)
