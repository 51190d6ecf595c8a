"""The ``.nbnet`` container: a zip of a few named members, stored as they are; written whole or not at all.

Members are not compressed, so nothing grows when it is read, and the same content gives the same bytes.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from nbnet.errors import SavedModelError

__all__ = ["MEMBERS", "read_archive", "replace_file", "write_archive"]

MEMBERS = ("model.json", "weights.safetensors", "optimizer.safetensors")
_MAX_JSON = 16 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: the same bytes each time
_ENCRYPTED = 0x1


def write_archive(path: str | os.PathLike[str], members: Mapping[str, bytes]) -> None:
    """Write the members to `path`; the old file is replaced only by a complete new one.

    Parameters
    ----------
    path : path-like
        Ending in ``.nbnet``.
    members : mapping of str to bytes
        Name → content.

    Raises
    ------
    SavedModelError
        When the file cannot be written.
    """
    place = Path(path)
    if not place.name:
        raise SavedModelError(f"Expected the name of a .nbnet file to save to; received {os.fspath(path)!r}.")
    if place.suffix != ".nbnet":
        raise SavedModelError(
            f"A saved model is one .nbnet file; received '{place}'. Write '{place.with_suffix('.nbnet')}'."
        )

    def write(file: IO[bytes]) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, content)

    replace_file(place, write)


def replace_file(place: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Put a file in place of an old one once all of it is on the disk.

    Parameters
    ----------
    place : Path
    write : callable
        Is given the new file.

    Raises
    ------
    SavedModelError
        When it cannot be written; what was there is left as it was.
    """
    if not place.parent.is_dir():
        raise SavedModelError(f"There is no folder '{place.parent}' to save '{place.name}' in. Make it first.")
    temporary = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except OSError as error:
        raise SavedModelError(
            f"The model could not be saved to '{place}': {error.strerror or error}. Nothing was changed there; free "
            "space, or choose a folder that can be written."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # the new name survives a power cut too, where folders can be synced
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_archive(path: str | os.PathLike[str]) -> dict[str, bytes]:
    """The members of a file, after looking at the table of contents.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    dict of str to bytes
        Name → content; no other names than those in :data:`MEMBERS`.

    Raises
    ------
    SavedModelError
        When the file is missing, is something else, is cut off, damaged or built to do harm.
    """
    place = Path(path)
    try:
        size = place.stat().st_size
        with place.open("rb") as file:
            magic = file.read(4)
            if not magic:
                raise SavedModelError(f"'{place}' is empty. Copy it again, or take another checkpoint.")
            if magic != b"PK\x03\x04":
                raise SavedModelError(
                    f"'{place}' is not a saved nbnet model: it begins with {magic!r}. Give the .nbnet file that "
                    "model.save wrote."
                )
            with zipfile.ZipFile(file) as archive:
                _check_contents(archive.infolist(), size, place)
                return {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except FileNotFoundError:
        raise SavedModelError(f"There is no file '{place}'.") from None
    except IsADirectoryError:
        raise SavedModelError(f"'{place}' is a folder; give the .nbnet file in it.") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise SavedModelError(
            f"'{place}' is damaged or cut off: {error}. Copy it again, or take another checkpoint."
        ) from error
    except OSError as error:
        raise SavedModelError(f"'{place}' cannot be read: {error.strerror or error}.") from error


def _check_contents(entries: list[zipfile.ZipInfo], size: int, place: Path) -> None:
    """Refuse a table of contents that nbnet does not write."""

    def refuse(reason: str) -> SavedModelError:
        return SavedModelError(f"'{place}' was not written by nbnet, or was changed: {reason}. It is not read.")

    names = [entry.filename for entry in entries]
    for entry in entries:
        if entry.filename not in MEMBERS:
            raise refuse(f"it holds {entry.filename!r:.80}")
        if entry.flag_bits & _ENCRYPTED:
            raise refuse(f"{entry.filename} is encrypted")
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise refuse(f"{entry.filename} is compressed, {entry.compress_size} bytes for {entry.file_size}")
    if len(set(names)) != len(names):
        raise refuse("it holds a member twice")
    for name in MEMBERS[:2]:
        if name not in names:
            raise refuse(f"it has no {name}")
    if sum(entry.file_size for entry in entries) > size:
        raise refuse("its members are larger than the file")
    if next(entry for entry in entries if entry.filename == MEMBERS[0]).file_size > _MAX_JSON:
        raise refuse(f"{MEMBERS[0]} is larger than {_MAX_JSON >> 20} MiB")
