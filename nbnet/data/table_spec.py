"""How a table's file was read for training, as plain data: the same path is taken for predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbnet.data.csv_text import checked_encoding
from nbnet.errors import DataError, SavedModelError
from nbnet.preprocessing.table import NUMBER, TEXT, Table

__all__ = ["MISSING", "TableSpec"]

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")
_MAX_ITEMS = 10_000


@dataclass(frozen=True)
class TableSpec:
    """Columns of a table, and how their texts are read.

    Attributes
    ----------
    columns : tuple of (name, kind)
        The inputs; the kind is ``"number"`` or ``"text"``.
    label : (name, kind) or None
        The column that is predicted.
    classes : tuple of str or None
        The label's texts, class 0 first; None where it is a number.
    missing : tuple of str
        Texts that stand for a missing value.
    decimal : str
        The decimal point, ``"."`` or ``","``.
    encoding : str
        The encoding of the file.
    """

    columns: tuple[tuple[str, str], ...]
    label: tuple[str, str] | None = None
    classes: tuple[str, ...] | None = None
    missing: tuple[str, ...] = MISSING
    decimal: str = "."
    encoding: str = "utf-8"

    @classmethod
    def of(cls, table: Table) -> TableSpec:
        """The specification of a table's columns."""
        return cls(tuple((name, table.kind(name)) for name in table.names))

    def get_config(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "columns": [list(column) for column in self.columns],
            "label": None if self.label is None else list(self.label),
            "classes": None if self.classes is None else list(self.classes),
            "missing": list(self.missing),
            "decimal": self.decimal,
            "encoding": self.encoding,
        }

    @classmethod
    def from_config(cls, config: Any) -> TableSpec:
        """The specification that :meth:`get_config` described; it may come from a file that is not to be trusted.

        Raises
        ------
        SavedModelError
            When a field is missing or is not what it should be.
        """
        if not isinstance(config, Mapping):
            raise SavedModelError(f"The saved description of a table is {str(config)[:60]!r}.")
        columns, label, classes = config.get("columns"), config.get("label"), config.get("classes")
        if not isinstance(columns, list) or not 0 < len(columns) <= _MAX_ITEMS or not all(map(_is_column, columns)):
            raise SavedModelError(f"The saved description of a table has the columns {str(columns)[:60]!r}.")
        if len({name for name, _ in columns}) != len(columns):
            raise SavedModelError("The saved description of a table has a column twice.")
        if label is not None and not _is_column(label):
            raise SavedModelError(f"The saved description of a table has the label {str(label)[:60]!r}.")
        for name, texts in (("classes", [] if classes is None else classes), ("missing", config.get("missing"))):
            if not isinstance(texts, list) or len(texts) > _MAX_ITEMS or not all(type(item) is str for item in texts):
                raise SavedModelError(f"The saved description of a table has the {name} {str(texts)[:60]!r}.")
        if config.get("decimal") not in (".", ","):
            raise SavedModelError(f"The saved description of a table has the decimal {config.get('decimal')!r:.60}.")
        try:
            encoding = checked_encoding(config.get("encoding", ""))
        except DataError as error:
            raise SavedModelError(f"The saved description of a table cannot be used: {error}") from error
        return cls(
            tuple((name, kind) for name, kind in columns),
            None if label is None else (label[0], label[1]),
            None if classes is None else tuple(classes),
            tuple(config["missing"]),
            config["decimal"],
            encoding,
        )


def _is_column(item: Any) -> bool:
    """Whether an item from JSON is a name and a kind."""
    return isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and item[1] in (NUMBER, TEXT)
