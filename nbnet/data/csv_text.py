"""The rows of a CSV file as texts: bounded lines, the delimiter that fits, and line numbers in every error."""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader

from nbnet.data.reading import MAX_BYTES, PathLike, human, opened
from nbnet.errors import DataError

__all__ = ["DELIMITERS", "Rows", "checked_encoding", "csv_rows"]

DELIMITERS = (",", ";", "\t", "|")
_MAX_LINE = 1 << 20
_MAX_FIELDS = 10_000
_SAMPLE = 1 << 16
_SAMPLE_ROWS = 50
_MARK = codecs.BOM_UTF8

# The line of the file at which a row ends, and its fields.
Rows = Iterator[tuple[int, list[str]]]


@contextmanager
def csv_rows(
    path: PathLike, delimiter: str | None = None, encoding: str = "utf-8", max_bytes: int = MAX_BYTES
) -> Iterator[Rows]:
    """Open a CSV file for reading its rows one after the other, the header included.

    Parameters
    ----------
    path : path-like
        The file.
    delimiter : str, optional
        One character. Default: the one of comma, semicolon, tab and bar that cuts the first rows into equally many
        fields.
    encoding : str
        Of the text; one in which a line feed is one byte.
    max_bytes : int
        Refuse a file that is larger.

    Yields
    ------
    iterator of (line, fields)
        Fields without white space around them; empty rows are left out.

    Raises
    ------
    DataError
        When the file is missing or too large; on reading, with the line, when it has null bytes, bytes that are no text
        of `encoding`, a line of more than 1 MiB, a field of more than 128 KiB, a quote that never ends or more than
        10,000 fields.

    References
    ----------
    Shafranovich (2005), Common Format and MIME Type for Comma-Separated Values (CSV) Files, RFC 4180.
    """
    encoding = checked_encoding(encoding)
    with opened(path, "CSV file") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > max_bytes:
            raise DataError(
                f"'{path}' has {human(size)}; the limit is {human(max_bytes)}. If you trust the file, read it with a "
                "higher max_bytes=."
            )
        found = _checked_delimiter(delimiter) if delimiter is not None else _sniffed(stream, encoding)
        stream.seek(0)
        yield _rows(_lines(stream, encoding, path), found, path)


def checked_encoding(encoding: str) -> str:
    """The name of an encoding of text in which a line feed is one byte.

    Raises
    ------
    DataError
        When there is none of that name, or it is one of wider characters.
    """
    try:
        plain = "a\n".encode(encoding) == b"a\n"
    except (LookupError, TypeError, UnicodeError, ValueError) as error:
        raise DataError(f"Expected the name of a text encoding, such as 'utf-8'; received {encoding!r:.60}.") from error
    if not plain:
        raise DataError(f"CSV files in the encoding {encoding!r:.60} cannot be read. Save the file as UTF-8.")
    return encoding


def _checked_delimiter(delimiter: str) -> str:
    """A delimiter that was given."""
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\0\r\n"':
        raise DataError(f"Expected a delimiter of one character, such as ','; received {delimiter!r:.60}.")
    return delimiter


def _sniffed(stream: BufferedReader, encoding: str) -> str:
    """The delimiter that cuts the first rows into equally many fields, as many as can be; a comma if none does."""
    start = stream.read(_SAMPLE)
    whole = start if len(start) < _SAMPLE else start[: start.rfind(b"\n") + 1] or start
    text = whole.removeprefix(_MARK).decode(encoding, errors="replace")
    best, most = ",", 1
    for delimiter in DELIMITERS:
        widths: list[int] = []
        try:
            reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
            for fields in reader:
                if fields:
                    widths.append(len(fields))
                if len(widths) == _SAMPLE_ROWS:
                    break
        except csv.Error:  # what is wrong is said when the file is read
            continue
        # The first row is the header: a ragged row later on is for the reader to refuse.
        agree = widths.count(widths[0]) if widths else 0
        if widths and widths[0] > most and 2 * agree > len(widths):
            best, most = delimiter, widths[0]
    return best


def _lines(stream: BufferedReader, encoding: str, path: PathLike) -> Iterator[str]:
    """Decoded lines of bounded length."""
    number = 0
    while raw := stream.readline(_MAX_LINE + 1):
        number += 1
        if number == 1:
            raw = raw.removeprefix(_MARK)
        if len(raw) > _MAX_LINE:
            raise DataError(
                f"'{path}', line {number}: longer than {human(_MAX_LINE)}; expected a CSV file with a row on each line."
            )
        if b"\0" in raw:
            raise DataError(
                f"'{path}', line {number}: has null bytes, so it is no CSV text of encoding {encoding!r}. Save the "
                "table as CSV in UTF-8 (a spreadsheet's own file or UTF-16 text cannot be read)."
            )
        try:
            yield raw.decode(encoding)
        except UnicodeError as error:
            raise DataError(
                f"'{path}', line {number}: is no text in the encoding {encoding!r} ({error}). Save the file as UTF-8, "
                "or give its encoding, e.g. encoding='cp1252'."
            ) from error


def _rows(lines: Iterable[str], delimiter: str, path: PathLike) -> Rows:
    """Rows that are not empty; what the csv module finds wrong comes out as DataError."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        begin = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"'{path}', line {max(reader.line_num, begin)}: {_reason(error, begin)}") from error
        if len(fields) > _MAX_FIELDS:
            raise DataError(f"'{path}', line {begin}: {len(fields)} fields; expected at most {_MAX_FIELDS}.")
        stripped = [field.strip() for field in fields]
        if any(stripped) or len(stripped) > 1:
            yield begin, stripped


def _reason(error: csv.Error, begin: int) -> str:
    """What is wrong, in words of a user."""
    text = str(error)
    if "unexpected end of data" in text:
        return f"the file ends inside a quoted field of the row that begins at line {begin}. Add the missing quote."
    if "field larger" in text:
        return f"a field of the row that begins at line {begin} is larger than 128 KiB. A quote may be missing."
    if "new-line character" in text:
        return "a carriage return inside a row; save the file with line ends of one kind."
    if "expected after" in text:
        return 'text after the closing quote of a field; a quote inside a quoted field is written twice: "".'
    return f"{text}."
