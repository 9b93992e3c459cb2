import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.schema.table import find_table, to_csv, to_jsonl

ROWS = st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(), max_size=4), min_size=1)


@pytest.mark.parametrize(
    ("value", "name", "columns"),
    [
        ([{"a": 1}, {"b": 2, "a": 3}], "", ("a", "b")),
        ({"n": 1, "items": [{"a": 1}]}, "items", ("a",)),
        ({"x": [1], "items": [{"a": 1}], "y": []}, "items", ("a",)),
    ],
)
def test_rows_are_found(value: Any, name: str, columns: tuple[str, ...]) -> None:
    table = find_table(value)
    assert table is not None
    assert (table.name, table.columns) == (name, columns)


@pytest.mark.parametrize("value", [[], [1], [{"a": 1}, 2], {}, {"a": [{}], "b": [{}]}, "x", None, {"a": []}])
def test_what_is_no_table(value: Any) -> None:
    assert find_table(value) is None


def test_csv() -> None:
    table = find_table([{"a": 'say "hi"', "b": None, "c": [1, "é"]}, {"a": "x\ny", "c": True, "d": -1.5}])
    assert table is not None
    assert to_csv(table) == 'a,b,c,d\r\n"say ""hi""",,"[1, ""é""]",\r\n"x\ny",,true,-1.5\r\n'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(text: str) -> None:
    table = find_table([{text: text, "n": -1}])
    assert table is not None
    header, row = csv.reader(io.StringIO(to_csv(table), newline=""))
    assert header == [f"'{text}", "n"]
    assert row == [f"'{text}", "-1"]


@given(ROWS)
def test_csv_reads_back_as_what_was_written(rows: list[dict[str, Any]]) -> None:
    table = find_table(rows)
    assert table is not None
    if not table.columns:
        return
    read = list(csv.reader(io.StringIO(to_csv(table), newline="")))
    assert len(read) == len(rows) + 1
    for cells, row in zip(read[1:], rows, strict=True):
        if len(table.columns) == 1 and cells == []:
            cells = [""]  # noqa: PLW2901 - a lone empty cell
        assert [cell.removeprefix("'") for cell in cells] == [
            str(row.get(column, "")).removeprefix("'") for column in table.columns
        ]


@given(ROWS)
def test_jsonl_is_the_rows(rows: list[dict[str, Any]]) -> None:
    table = find_table(rows)
    assert table is not None
    text = to_jsonl(table)
    assert text.count("\n") == len(rows)
    assert [json.loads(line) for line in text.split("\n")[:-1]] == rows


def test_what_utf_8_cannot_hold_is_escaped() -> None:
    table = find_table([{"a": "\ud800é", "n": Decimal("1e400")}])
    assert table is not None
    assert to_jsonl(table).encode() == '{"a": "\\ud800é", "n": "1E+400"}\n'.encode()
