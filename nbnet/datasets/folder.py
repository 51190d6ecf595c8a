"""Where data sets lie on disk: an argument, ``--data-dir``, NBNET_DATA_DIR, or the user's cache folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nbnet.data.reading import PathLike
from nbnet.errors import DataError

__all__ = ["data_root", "find_files", "set_data_dir"]

_chosen: Path | None = None


def set_data_dir(folder: PathLike | None) -> None:
    """Look for data sets in `folder` from now on, before NBNET_DATA_DIR; None undoes it.

    Parameters
    ----------
    folder : path-like or None
        A folder with the files of one data set, or with a subfolder for each (``mnist``, ``fashion-mnist``,
        ``cifar-10``, ``cifar-100``).
    """
    global _chosen
    _chosen = None if folder is None else Path(folder).expanduser()


def find_files(dataset: str, folder: PathLike | None, subfolders: Sequence[str], stems: Sequence[str]) -> list[Path]:
    """The files of a data set.

    Parameters
    ----------
    dataset : str
        Its name, for messages.
    folder : path-like or None
        Where the user says it is.
    subfolders : sequence of str
        Names of its own folder; in a folder that has one of them, the files are sought there first.
    stems : sequence of str
        File names; ``.gz`` may follow, and the dash before the format may be a dot.

    Returns
    -------
    list of Path
        One for each stem.

    Raises
    ------
    DataError
        When a file is missing; the message lists the files and the places where they may lie.
    """
    root, told_by = data_root(folder)
    tried = [root / name for name in subfolders] + [root]
    best: list[Path | None] = []
    for place in tried:
        found = [_find(place, stem) for stem in stems]
        files = [path for path in found if path is not None]
        if len(files) == len(stems):
            return files
        if len(files) > len([path for path in best if path is not None]):
            best = found
    raise DataError(_missing(dataset, root, told_by, subfolders[0], stems, best))


def data_root(folder: PathLike | None) -> tuple[Path, str]:
    """The folder to look in, and who named it, for messages."""
    if folder is not None:
        return Path(folder).expanduser(), "the argument"
    if _chosen is not None:
        return _chosen, "--data-dir"
    named = os.environ.get("NBNET_DATA_DIR")
    if named:
        return Path(named).expanduser(), "NBNET_DATA_DIR"
    return _user_cache() / "nbnet" / "data", "the default"


def _user_cache() -> Path:
    """The user's cache folder of this operating system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _find(place: Path, stem: str) -> Path | None:
    """The file of that stem, under one of the names that are in use for it."""
    head, _, tail = stem.rpartition("-idx")
    for name in (stem, f"{head}.idx{tail}"):
        for suffix in (".gz", ""):
            if (place / f"{name}{suffix}").is_file():
                return place / f"{name}{suffix}"
    return None


def _missing(
    dataset: str, root: Path, told_by: str, subfolder: str, stems: Sequence[str], best: Sequence[Path | None]
) -> str:
    """The message for a data set that is not there, or not whole."""
    absent = [stem for stem, path in zip(stems, best, strict=False) if path is None] or list(stems)
    present = next((path for path in best if path is not None), None)
    where = f"'{present.parent}'" if present is not None else f"'{root / subfolder}' or '{root}'"
    state = "" if root.is_dir() else f" (the folder '{root}' does not exist)"
    files = "".join(f"\n    {stem}.gz" for stem in absent)
    return (
        f"The data set {dataset} is not there: expected these files, gzipped or not, in {where} "
        f"({told_by}){state}:{files}\n"
        f"Download them from the home page of the data set and put them there, or say where they are: --data-dir DIR, "
        f"NBNET_DATA_DIR=DIR, or nbnet.datasets.{dataset.replace('-', '_')}('DIR')."
    )
