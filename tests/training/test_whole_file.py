"""Files that are written whole or not at all."""

from __future__ import annotations

import errno

import pytest

from nbnet.training.whole_file import whole_file


def test_a_failure_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "result.json"
    for text in ("old", "new"):
        with whole_file(path) as file:
            file.write(text)
    assert path.read_text() == "new"

    def write_half():
        with whole_file(path) as file:
            file.write("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        write_half()
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="No such file") as caught, whole_file(tmp_path / "no" / "x.csv"):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "x.csv")
    assert [item.name for item in tmp_path.iterdir()] == ["result.json"]
    assert path.read_text() == "new"


def test_bytes_are_written_as_they_are(tmp_path):
    with whole_file(tmp_path / "picture.png", binary=True) as file:
        file.write(b"\r\n\xff")
    assert (tmp_path / "picture.png").read_bytes() == b"\r\n\xff"
