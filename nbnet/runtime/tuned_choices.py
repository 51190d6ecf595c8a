"""The file in which ``nbnet tune`` keeps what it found to be fastest on a machine.

It is ``$NBNET_CACHE_DIR/tuning/<key>.json``, or lies as ``nbnet/tuning`` in the user's cache folder. The key stands for
the CPU and the kernels, so that neither another machine nor another version of nbnet reads what was measured for this
one. Choices are numbers that are checked before they are used; a damaged file costs time and never a result.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nbnet.compiler.choices import Choice
from nbnet.errors import CacheError
from nbnet.kernels import cache
from nbnet.version import __version__

__all__ = [
    "VARIABLE", "as_choices", "as_json", "choices_file", "clear_choices", "kept_choices", "load_choices",
    "read_choices", "save_choices", "switched_off", "tuning_folder",
]  # fmt: skip

FORMAT = 1
VARIABLE = "NBNET_TUNING"
"""The environment variable that switches kept choices off: ``NBNET_TUNING=off``."""

_NUMBERS = ("rows", "vectors", "strip", "chunk")
_told: set[Path] = set()


@functools.cache
def _kernels() -> str:
    """A digest of the sources that make the kernels and cut their work."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256(__version__.encode())
    for folder in ("kernels/matmul", "kernels/tile", "compiler/choices.py"):
        place = package / folder
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def tuning_folder() -> Path:
    """Where files of choices lie: beside the compiled kernels."""
    return cache.folder().parent / "tuning"


def choices_file(machine: str) -> Path:
    """Where the choices for this CPU and these kernels are kept; the file need not exist.

    Parameters
    ----------
    machine : str
        The target's name, e.g. "cpu avx512": environment variables may take instruction sets away from a CPU.
    """
    import llvmlite.binding as llvm

    key = repr((llvm.get_host_cpu_name(), machine, _kernels()))
    return tuning_folder() / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def as_json(choices: Mapping[str, Choice]) -> dict[str, dict[str, Any]]:
    """Choices as plain data for JSON."""
    return {
        key: {name: value for name, value in asdict(choice).items() if name != "reason"}
        for key, choice in sorted(choices.items())
    }


def as_choices(content: Any, place: str) -> dict[str, Choice]:
    """Choices from plain data; the inverse of :func:`as_json`.

    Parameters
    ----------
    content : object
        What JSON gave.
    place : str
        Where it stood, for messages.

    Raises
    ------
    CacheError
        When it is not what :func:`as_json` makes.
    """
    found: dict[str, Choice] = {}
    if not isinstance(content, dict):
        raise CacheError(f"{place}: expected an object of choices by product; received {type(content).__name__}.")
    for key, item in content.items():
        fields = item if isinstance(item, dict) else {}
        numbers = [fields.get(name) for name in _NUMBERS]
        whole = all(isinstance(number, int) and not isinstance(number, bool) and number > 0 for number in numbers)
        if not whole or not isinstance(fields.get("packing"), str) or len(fields) != len(_NUMBERS) + 1:
            raise CacheError(
                f"{place}: the choice for '{key}' is {item!r}; expected whole numbers of at least 1 as "
                f"{', '.join(_NUMBERS)}, and a text as packing. Take it out to do without."
            )
        found[key] = Choice(**fields)
    return found


def read_choices(path: Path) -> dict[str, Choice]:
    """The choices of a file.

    Raises
    ------
    CacheError
        When the file is not one that :func:`save_choices` wrote.
    OSError
        When it cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CacheError(f"{path}: this is no JSON: {error}.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CacheError(f'{path}: expected an object with "format": {FORMAT}.')
    return as_choices(content.get("choices"), str(path))


def load_choices(machine: str) -> Mapping[str, Choice]:
    """The choices that are to be used on this machine: those that are kept, none if NBNET_TUNING is "off"."""
    return {} if switched_off() else kept_choices(machine)


def switched_off() -> bool:
    """Whether NBNET_TUNING says to do without measured choices."""
    return os.environ.get(VARIABLE, "").lower() in ("off", "0")


def kept_choices(machine: str) -> Mapping[str, Choice]:
    """The choices that are kept for this machine; none where there is no file.

    Parameters
    ----------
    machine : str
        See :func:`choices_file`.

    Warns
    -----
    RuntimeWarning
        When the file is damaged or cannot be read, which is said once; it is then as if nothing had been measured.
    """
    path = choices_file(machine)
    try:
        state = path.stat()
        return _loaded(path, state.st_mtime_ns, state.st_size)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, CacheError) as error:
        if path not in _told:
            _told.add(path)
            warnings.warn(
                f"nbnet does without what was measured on this machine: {error} Remove the file, or run: "
                "nbnet tune --clear",
                RuntimeWarning,
                stacklevel=2,
            )
        return {}


@functools.lru_cache(maxsize=4)
def _loaded(path: Path, changed: int, size: int) -> Mapping[str, Choice]:
    """A file's choices, read once for each of its states."""
    return read_choices(path)


def save_choices(machine: str, choices: Mapping[str, Choice]) -> Path:
    """Keep choices for this machine in place of the earlier ones.

    Returns
    -------
    Path
        The file. It is written under a temporary name and renamed, so others read it whole or not at all.

    Raises
    ------
    OSError
        When it cannot be written; the file that was there stays.
    """
    path = choices_file(machine)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"format": FORMAT, "machine": machine, "nbnet": __version__, "choices": as_json(choices)}
    temporary = path.with_name(f"{path.stem}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return path


def clear_choices() -> int:
    """Remove what was measured, for all machines and versions that share this cache folder; gives how many files."""
    removed = 0
    for path in tuning_folder().glob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            removed += 1
    return removed
