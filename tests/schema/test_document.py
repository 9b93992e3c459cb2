import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from playground.schema.document import MAX_DEPTH, MAX_DUPLICATES, MAX_EXPLAINED, find_duplicates, locate, read_document
from tests.schema.values import VALUES
from tests.steps import steps


@given(VALUES)
def test_what_json_writes_is_read(value: Any) -> None:
    document = read_document(json.dumps(value))
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
        ("[-Infinity]", 1, 3, "- is not a number"),
        ("[01]", 1, 4, "01 is not a number"),
        ("[nul]", 1, 5, "null was expected, not ]"),
        ("{} {}", 1, 4, "more text after"),
        ("Sure: {}", 1, 1, "not words"),
        ('{"a": [1', 1, 9, "ends before"),
    ],
)
def test_what_is_no_json_is_placed(text: str, line: int, column: int, said: str) -> None:
    problem = read_document(text).problem
    assert problem is not None
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message


def test_a_cut_text_is_told_from_a_wrong_one() -> None:
    assert read_document('{"a": [1').is_cut
    assert not read_document('{"a": [1}').is_cut


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_too_deep_is_told_not_crashed(levels: int, opening: str, closing: str) -> None:
    document = read_document(opening * levels + "1" + closing * levels)
    assert document.problem is not None
    assert f"deeper than {MAX_DEPTH} levels" in document.problem.message
    assert document.offset == len(opening) * MAX_DEPTH


def test_the_deepest_is_read_and_brackets_in_texts_do_not_count() -> None:
    assert read_document("[" * MAX_DEPTH + "]" * MAX_DEPTH).problem is None
    assert read_document(json.dumps(['[{"' * 1000])).problem is None


def test_numbers_keep_what_they_say() -> None:
    assert read_document("[1e400, 12345678901234567890, 1.0, -0]").value == [
        Decimal("1e400"),
        12345678901234567890,
        1.0,
        0,
    ]
    assert isinstance(read_document("1.0").value, float)
    for text in ("9" * 5000, "1e99999999999999999999"):
        problem = read_document(text).problem
        assert problem is not None
        assert "number" in problem.message


def test_duplicate_names_are_found_and_the_last_counts() -> None:
    text = '{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 3}'
    document = read_document(text)
    assert document.has_duplicates
    assert document.value == {"a": 3, "b": {"c": 2}}
    assert [(p.pointer, p.line, p.column) for p in find_duplicates(text)] == [("/b/c", 2, 21), ("/a", 3, 7)]
    assert not read_document('[{"a": 1}, {"a": 1}]').has_duplicates


def test_values_are_located() -> None:
    text = '{"a/b": [1,\n  {"c": "x"}]}'
    assert locate(text, {"", "/a~1b/1/c", "/a~1b/0", "/no"}) == {"": (1, 1), "/a~1b/0": (1, 10), "/a~1b/1/c": (2, 9)}


@pytest.mark.parametrize("inside", ["1, ", '"a", ', "{}, "])
def test_places_are_found_in_one_way_through_the_text(inside: str) -> None:
    def work(count: int) -> int:
        text = '{"a": ' * 100 + "[" + inside * count + '"x"' + "]" + "}" * 100
        return steps(lambda: locate(text, {"/a" * 100 + f"/{count}", "/a", ""}))

    few, many = work(200), work(2000)
    assert many < 11 * few


def test_of_very_many_duplicates_the_first_are_told_and_the_rest_counted() -> None:
    def text(count: int) -> str:
        return "{" + ",\n".join(['"a": 1'] * (count + 1)) + "}"

    assert len(find_duplicates(text(MAX_DUPLICATES))) == MAX_DUPLICATES
    *first, last = find_duplicates(text(MAX_DUPLICATES + 1234))
    assert [(problem.line, problem.column) for problem in first] == [(line, 6) for line in range(2, MAX_DUPLICATES + 2)]
    assert last.message == "and 1,234 more names appear twice"
    assert steps(lambda: find_duplicates(text(4000))) < 11 * steps(lambda: find_duplicates(text(400)))


LONG = "[" + "1," * MAX_EXPLAINED


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("x]", 'a value was expected, not "x"'),
        ("1 2]", 'a comma or the end was expected, not "2"'),
        ('{"a" 1}]', 'a colon was expected, not "1"'),
        ("{a: 1}]", 'a name in double quotes was expected, not "a"'),
        ("1] x", "there is more text after the JSON value"),
        ('"\n"]', "a string cannot hold a control character: write an escape"),
        ("", "the text ends before the JSON value does"),
        ('"abc', "the text ends before the JSON value does"),
    ],
)
def test_a_long_text_is_told_apart_at_the_same_place(end: str, said: str) -> None:
    found = read_document(LONG + end)
    short = read_document("[1," + end)
    assert found.problem is not None
    assert found.problem.message == said
    assert short.problem is not None
    assert found.offset - len(LONG) == short.offset - len("[1,")
    assert found.is_cut == short.is_cut


def test_a_long_text_that_is_no_json_is_called_words() -> None:
    problem = read_document(" \nHello" + " world" * MAX_EXPLAINED).problem
    assert problem is not None
    assert (problem.message, problem.line, problem.column) == ("a JSON value was expected, not words", 2, 1)


@pytest.mark.parametrize("text", ["1e400", "-1E+999", "9" * 310 + ".0", "1" * 4300])
def test_numbers_that_a_float_does_not_hold_are_kept(text: str) -> None:
    assert read_document(f'["12345678901234567890", 1, 2.5, {text}]').value[-1] == Decimal(text)
