"""The text of a request body: always the same value, always the same layout."""

import json
import math
from typing import Any

import pytest
from hypothesis import given

from playground.errors import InvalidRequest
from playground.wire.layout import WIDTH, _may_fit, lay_out
from tests.effort import effort
from tests.wire.values import JSON_OBJECTS, JSON_VALUES, same


@given(JSON_OBJECTS)
def test_the_value_is_kept(value: dict[str, Any]) -> None:
    text = lay_out(value).decode("utf-8")
    assert same(json.loads(text), value)
    assert lay_out(value) == text.encode()
    assert not any(line != line.rstrip(" ") for line in text.split("\n"))
    assert text.startswith("{")
    assert text.endswith("}")


def test_the_layout() -> None:
    body = {
        "model": "deepseek/deepseek-v3.2",
        "messages": [{"role": "user", "content": "Grüße, 🌍"}],
        "temperature": 1,
        "top_p": 1.0,
        "stop": ["a", "b"],
        "empty": {},
        "none": [],
    }
    assert lay_out(body).decode() == (
        "{\n"
        '    "model": "deepseek/deepseek-v3.2",\n'
        '    "messages": [{"role": "user", "content": "Grüße, 🌍"}],\n'
        '    "temperature": 1,\n'
        '    "top_p": 1.0,\n'
        '    "stop": ["a", "b"],\n'
        '    "empty": {},\n'
        '    "none": []\n'
        "  }"
    )


def test_several_objects_take_a_line_each_and_long_ones_more() -> None:
    tool = {"type": "function", "function": {"name": "f" * WIDTH, "parameters": {"type": "object"}}}
    text = lay_out({"messages": [{"role": "user"}, {"role": "assistant"}], "tools": [tool]}).decode()
    assert '    "messages": [\n      {"role": "user"},\n      {"role": "assistant"}\n    ],\n' in text
    assert '    "tools": [{\n' in text
    assert json.loads(text)["tools"] == [tool]


def test_numbers_keep_their_kind() -> None:
    assert b'"a": 1,' in lay_out({"a": 1, "b": 1.0})
    assert b'"b": 1.0\n' in lay_out({"a": 1, "b": 1.0})
    assert b'"a": 18446744073709551617\n' in lay_out({"a": 2**64 + 1})
    assert b'"a": -0.0\n' in lay_out({"a": -0.0})


@pytest.mark.parametrize("place", [lambda x: {"a": x}, lambda x: {"a": [{"b": [x]}, {}]}, lambda x: {"a": {"b": x}}])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, object(), b"bytes", {1, 2}])
def test_what_json_has_no_word_for_is_refused(bad: object, place: Any) -> None:
    with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
        lay_out(place(bad))


def test_what_is_nested_without_end_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value, 1]
    with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
        lay_out({"a": value})
    while value:  # taken apart by hand: freed at once, it would overflow the stack
        value = value[0]


def test_a_lone_surrogate_is_escaped() -> None:
    text = lay_out({"a": "x\ud800", "\udfff": 1})
    assert b'"a": "x\\ud800"' in text
    assert json.loads(text) == {"a": "x\ud800", "\udfff": 1}


def test_control_characters_and_line_separators() -> None:
    value = {"a": "\x00\n\r\t\u2028'\"\\\x7f"}
    assert json.loads(lay_out(value)) == value
    assert lay_out(value).count(b"\n") == 2


def test_deep_nesting_is_linear_enough() -> None:
    value: Any = "x" * 200
    for _ in range(100):
        value = {"a": [value, {}]}
    assert json.loads(lay_out({"top": value})) == {"top": value}


@given(JSON_VALUES)
def test_what_fits_on_a_line_is_never_taken_for_longer(value: Any) -> None:
    assert _may_fit(value, len(json.dumps(value, ensure_ascii=False)))


@pytest.mark.parametrize("value", ["x" * 200, [1] * 200, {str(n): n for n in range(200)}, [["x" * 30] * 4]])
def test_what_is_longer_is_seen_from_its_beginning(value: Any) -> None:
    assert not _may_fit(value, WIDTH)


def test_a_deep_value_is_written_once() -> None:
    value: Any = ["x" * 5_000_000]
    for _ in range(400):
        value = {"a": value, "b": 1}
    with effort(60):  # once for each level, it would be 2 GB
        body = lay_out({"v": value})
    assert json.loads(body)["v"]["b"] == 1
