"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["whole_file"]


@contextmanager
def whole_file(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file for writing; it takes its place when the block has ended well.

    Parameters
    ----------
    path : Path
        The file; what is there stays until the new one is complete.
    binary : bool
        Take bytes, not text.

    Raises
    ------
    OSError
        When it cannot be written; ``filename`` is `path`, and nothing is left beside it.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        try:
            with temporary.open("wb") if binary else temporary.open("w", encoding="utf-8", newline="") as file:
                yield file
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
