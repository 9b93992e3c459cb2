"""An answer that is a list of objects, as rows: CSV and JSON lines.

A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and the text is a model's. So a text that
begins with one of them, or with a tab or a line end, gets an apostrophe in front (as OWASP advises), which a
spreadsheet takes as "this is text". Numbers are numbers and stay as they are.
"""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones are read as the others


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with the same columns.

    Attributes:
        name: the property that holds them; "" if the answer is the list itself.
        columns: every name that an object has, in the order of the first sight.
        rows: the objects; a name that one lacks is left out of it.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]

    def cells(self, row: dict[str, Any]) -> tuple[str, ...]:
        """A row as text: null and what is missing are empty, a container is JSON."""
        return tuple(_cell(row.get(column)) for column in self.columns)


def find_table(value: Any) -> Table | None:
    """The rows of an array of objects, or of an object in which one property alone is such an array."""
    if _is_rows(value):
        return _table("", value)
    if isinstance(value, dict):
        found = [(name, item) for name, item in value.items() if _is_rows(item)]
        if len(found) == 1:
            return _table(*found[0])
    return None


def to_csv(table: Table) -> str:
    """RFC 4180: a header, CRLF after each record, quotes where they are needed; safe to open in a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_safe(column) for column in table.columns])
    for row in table.rows:
        cells = zip(table.columns, table.cells(row), strict=True)
        writer.writerow([_safe(cell) if isinstance(row.get(column), str) else cell for column, cell in cells])
    return out.getvalue()


def to_jsonl(table: Table) -> str:
    """One object a line, as it is in the answer."""
    return "".join(f"{_json(row)}\n" for row in table.rows)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    columns = dict.fromkeys(column for row in rows for column in row)
    return Table(name, tuple(columns), tuple(rows))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json(value: Any) -> str:
    r"""On one line. Half a surrogate pair, which no file can hold, is written as its `\udXXX` escape."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if text.isascii() else "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)
