import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from playground.schema.document import MAX_DEPTH, find_duplicates, locate, read_json
from tests.schema.values import VALUES


@given(VALUES)
def test_what_json_writes_is_read(value: Any) -> None:
    document = read_json(json.dumps(value))
    assert (document.value, document.problem) == (value, None)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "empty"),
        (" \n", 2, 1, "empty"),
        ('{"a": 1,\n "b": }', 2, 7, "a value was expected, not }"),
        ('{"a" 1}', 1, 6, "a colon was expected, not 1"),
        ("[1 2]", 1, 4, "a comma or ] was expected, not 2"),
        ("{'a': 1}", 1, 2, "a name in double quotes was expected, not '"),
        ('["a\nb"]', 1, 4, "a string cannot hold U+000A"),
        ('["\\x"]', 1, 4, "no escape \\x"),
        ('["\\u12g4"]', 1, 7, "four hexadecimal digits, not g"),
        ("[NaN]", 1, 2, "not N"),
        ("[-Infinity]", 1, 3, "- is no number"),
        ("[01]", 1, 4, "01 is no number"),
        ("[nul]", 1, 5, "null was expected, not ]"),
        ("{} {}", 1, 4, "more text after"),
        ("Sure: {}", 1, 1, "not words"),
        ('{"a": [1', 1, 9, "ends before"),
    ],
)
def test_what_is_no_json_is_placed(text: str, line: int, column: int, said: str) -> None:
    problem = read_json(text).problem
    assert problem is not None
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message


def test_a_cut_text_is_told_from_a_wrong_one() -> None:
    assert read_json('{"a": [1').is_cut
    assert not read_json('{"a": [1}').is_cut


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_too_deep_is_told_not_crashed(levels: int, opening: str, closing: str) -> None:
    document = read_json(opening * levels + "1" + closing * levels)
    assert document.problem is not None
    assert f"deeper than {MAX_DEPTH} levels" in document.problem.message
    assert document.offset == len(opening) * MAX_DEPTH


def test_the_deepest_is_read_and_brackets_in_texts_do_not_count() -> None:
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH).problem is None
    assert read_json(json.dumps(['[{"' * 1000])).problem is None


def test_numbers_keep_what_they_say() -> None:
    assert read_json("[1e400, 12345678901234567890, 1.0, -0]").value == [Decimal("1e400"), 12345678901234567890, 1.0, 0]
    assert isinstance(read_json("1.0").value, float)
    for text in ("9" * 5000, "1e99999999999999999999"):
        problem = read_json(text).problem
        assert problem is not None
        assert "number" in problem.message


def test_duplicate_names_are_found_and_the_last_counts() -> None:
    text = '{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 3}'
    document = read_json(text)
    assert document.has_duplicates
    assert document.value == {"a": 3, "b": {"c": 2}}
    assert [(p.pointer, p.line, p.column) for p in find_duplicates(text)] == [("/b/c", 2, 21), ("/a", 3, 7)]
    assert not read_json('[{"a": 1}, {"a": 1}]').has_duplicates


def test_values_are_located() -> None:
    text = '{"a/b": [1,\n  {"c": "x"}]}'
    assert locate(text, {"", "/a~1b/1/c", "/a~1b/0", "/no"}) == {"": (1, 1), "/a~1b/0": (1, 10), "/a~1b/1/c": (2, 9)}
