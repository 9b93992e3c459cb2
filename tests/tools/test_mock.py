"""The mock table: what a row matches, and what a broken file says."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from playground.errors import InvalidMock
from playground.tools.mock import NO_ARGUMENTS, Match, find_row, is_subset, load_rows, read_rows, same_json
from playground.yaml_text import YamlError, check_json
from tests.effort import effort
from tests.wire.values import JSON_VALUES

TABLE = """\
- tool: lookup_region
  arguments: {code: ap-northeast-1}
  result: {name: Asia Pacific (Tokyo), zones: [a, c, d]}
  delay_s: 0.5
- tool: lookup_region
  match: subset
  arguments: {where: {country: JP}}
  result: any place in Japan
- tool: lookup_region
  error: No such region.
- tool: ping
  result: null
"""


def test_the_first_row_that_matches_wins() -> None:
    rows = read_rows(TABLE)

    def answer(tool: str, arguments: Any) -> str | None:
        row = find_row(rows, tool, arguments)
        return row.content if row else None

    tokyo = '{"name": "Asia Pacific (Tokyo)", "zones": ["a", "c", "d"]}'
    assert answer("lookup_region", {"code": "ap-northeast-1"}) == tokyo
    assert answer("lookup_region", {"code": "ap-northeast-1", "x": 1}) == "No such region."
    assert answer("lookup_region", {"where": {"country": "JP", "city": "Osaka"}, "x": 1}) == "any place in Japan"
    assert answer("lookup_region", NO_ARGUMENTS) == "No such region."
    assert answer("ping", {}) == "null"
    assert answer("Ping", {}) is None
    assert (rows[0].match, rows[0].delay_s, rows[2].match, rows[2].error) == (
        Match.EXACT,
        0.5,
        Match.ANY,
        "No such region.",
    )


def test_json_is_read_too_and_a_row_is_written_as_it_was() -> None:
    rows = read_rows(TABLE)
    text = json.dumps([row.to_file() for row in rows], indent="\t")
    assert read_rows(text) == rows
    assert list(rows[2].to_file()) == ["tool", "error"]
    assert read_rows("") == ()


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}, True),
        ([1], [True], False),
        (0, False, False),
        ([1, 2], [2, 1], False),
        ({"a": None}, {}, False),
        ("1", 1, False),
    ],
)
def test_equal_as_json(a: Any, b: Any, same: bool) -> None:  # noqa: FBT001
    assert (same_json(a, b), same_json(b, a)) == (same, same)


def test_a_subset() -> None:
    assert is_subset({}, {"a": 1})
    assert is_subset({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}], "d": 3})
    assert not is_subset({"a": [1]}, {"a": [1, 2]})
    assert not is_subset({"a": {}}, {"a": []})
    assert not is_subset({"a": 1}, {"a": True})


@given(JSON_VALUES)
def test_a_value_equals_and_contains_itself(value: Any) -> None:
    again = json.loads(json.dumps(value))
    assert same_json(value, again)
    assert is_subset(value, again)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tool: f", "it is a list of rows"),
        ("- f", r"row 1: Input should be a valid dictionary"),
        ("- result: 1", r"row 1\.tool: Field required"),
        ("- {tool: f, result: 1}\n- {tool: f}", "row 2: it needs either a result or an error"),
        ("- {tool: f, result: 1, error: down}", "row 1: it needs either"),
        ("- {tool: f, result: 1, match: some}", r"row 1\.match: it is one of exact, subset, any"),
        ("- {tool: f, result: 1, match: exact}", "row 1: arguments are missing"),
        ("- {tool: f, result: 1, match: any, arguments: {a: 1}}", "row 1: arguments and match: any"),
        ("- {tool: f, result: 1, delay_s: -1}", r"row 1\.delay_s: .*greater than or equal to 0"),
        ("- {tool: f, result: 1, delay_s: soon}", r"row 1\.delay_s: .*number"),
        ("- {tool: f, result: 1, arguments: [a]}", r"row 1\.arguments: .*dictionary"),
        ("- {tool: f, result: 1, times: 2}", r"row 1\.times: Extra"),
        ("- {tool: f, result: 2026-01-31}", r"row 1\.result: 2026-01-31 is not a JSON value"),
        ("- {tool: f, error: ''}", r"row 1\.error"),
        ("- {tool: f, tool: g, result: 1}", "it is not valid YAML: tool appears twice, line 1, column 13"),
        ("- [", "it is not valid YAML: .*line 1"),
    ],
)
def test_a_broken_table_names_file_row_and_field(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InvalidMock, match=rf"^mine\.yaml: {said}") as caught:
        load_rows(path)
    assert caught.value.to_dict()["file"] == "mine.yaml"
    assert "\n" not in caught.value.message


def test_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidMock, match="cannot be read"):
        load_rows(tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"\xe9")
    with pytest.raises(InvalidMock, match="not UTF-8"):
        load_rows(tmp_path / "latin.yaml")


@pytest.mark.parametrize("number", ["0x" + "f" * 5000, "0" + "7" * 9000, "0b" + "1" * 20_000, "9" * 5000])
def test_a_number_that_cannot_be_written_is_refused(number: str) -> None:
    with pytest.raises(InvalidMock, match=r"too large|limit"):
        read_rows(f"- tool: f\n  result: {number}")


def test_the_way_to_a_fault_is_written_for_the_fault_alone() -> None:
    # Written at each step, it would be 50 GB.
    with effort(60), pytest.raises(YamlError, match="inf is not a JSON value") as caught:
        check_json({"k" * 1_000_000: [1] * 50_000 + [math.inf]}, "row 1")
    assert caught.value.field == f"row 1.{'k' * 1_000_000}.50000"
