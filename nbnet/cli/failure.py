"""How a command fails: one clear message, the user's own lines where the mistake is theirs, and an exit code."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback

import click

from nbnet.errors import HyperparameterError, NbnetError

__all__ = ["report_failure", "show_warning"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_THE_USERS = tuple(
    {_PACKAGE + os.sep, *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
)


def report_failure(error: BaseException, *, traceback_wanted: bool) -> int:
    """Print what went wrong on standard error.

    Parameters
    ----------
    error : BaseException
        What a command raised.
    traceback_wanted : bool
        Print the whole traceback, nbnet's own frames included.

    Returns
    -------
    int
        The exit code: 130 for Ctrl-C, 2 for a wrong setting, else 1.
    """
    if isinstance(error, KeyboardInterrupt):
        click.echo(str(error) or "Interrupted.", err=True)
        return 130
    if traceback_wanted:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
        return _code(error)
    frames = user_frames(error)
    if frames and not isinstance(error, SyntaxError):
        click.echo("In your own files:", err=True)
        click.echo("".join(traceback.format_list(frames)), err=True, nl=False)
    click.echo(_message(error, bool(frames)), err=True)
    return _code(error)


def user_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Keep the frames of the user's own files: neither nbnet's, nor Python's, nor those of installed packages."""
    start = os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else ""
    return [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.isfile(frame.filename)
        and not os.path.abspath(frame.filename).startswith(_NOT_THE_USERS)
        and os.path.abspath(frame.filename) != start
    ]


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning as one line; takes the place of ``warnings.showwarning``."""
    click.echo(f"Warning: {message}", err=True)


def _code(error: BaseException) -> int:
    """Tell a wrong setting from other failures."""
    return 2 if isinstance(error, HyperparameterError) else 1


def _on_purpose(error: BaseException) -> bool:
    """Whether nbnet's own check of an argument raised it: a ``raise`` in nbnet, and not what an expression ran into."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        isinstance(error, (ValueError, TypeError))
        and bool(frames)
        and os.path.abspath(frames[-1].filename).startswith(_PACKAGE + os.sep)
        and (frames[-1].line or "").startswith("raise ")
    )


def _message(error: BaseException, has_user_frames: bool) -> str:
    """Say in one message what the error is."""
    if isinstance(error, NbnetError):
        return f"Error: {error}"
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).rstrip()
    if isinstance(error, OSError) and error.strerror:
        where = f" '{error.filename}'" if error.filename else ""
        return f"Error: Reading or writing{where} failed: {error.strerror}."
    if isinstance(error, MemoryError):
        return f"Error: Out of memory. {error} Use a smaller batch size.".replace("  ", " ")
    if _on_purpose(error):
        return f"Error: {error}"
    name = type(error).__name__
    if has_user_frames:
        return f"{name}: {error}"
    return f"Error: {name}: {error}\nThis is likely a fault of nbnet; --traceback shows where it happened."
