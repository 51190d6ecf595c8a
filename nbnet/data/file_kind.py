"""What format a file of samples has, told by its first bytes."""

from __future__ import annotations

from pathlib import Path

from nbnet.data.idx import looks_like_idx
from nbnet.data.npy import MAGIC
from nbnet.data.reading import opened
from nbnet.errors import DataError

__all__ = ["CSV_SUFFIXES", "file_kind"]

CSV_SUFFIXES = (".csv", ".tsv")


def file_kind(path: Path) -> str:
    """``"npy"``, ``"npz"``, ``"idx"`` or ``"image"``, by the first bytes; ``"csv"`` by the ending."""
    with opened(path, "input file") as stream:
        start = stream.read(len(MAGIC))
    if not start:
        raise DataError(f"The input file '{path}' is empty. Write or download it again.")
    if start == MAGIC:
        return "npy"
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "npz"
    if path.suffix.lower() in (".npy", ".npz"):
        return path.suffix.lower()[1:]  # its reader says what is wrong with it
    if path.suffix.lower() in CSV_SUFFIXES:
        return "csv"
    return "idx" if looks_like_idx(start) else "image"
