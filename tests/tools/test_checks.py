"""A call against its tool, and tool_choice on the wire."""

from typing import Any

import pytest

from playground.errors import InvalidTools
from playground.tools.checks import check_call
from playground.tools.choice import Mode, ToolChoice
from playground.tools.definitions import make_tool
from tests.effort import effort

TOOLS = [
    make_tool(
        "f",
        "",
        {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "tags": {"type": "array", "items": {"enum": ["a", "b"]}}},
            "required": ["n"],
            "additionalProperties": False,
        },
    ),
    make_tool("bare"),
    make_tool("odd", "", {"type": "objekt"}),
]


def test_arguments_that_fit() -> None:
    check = check_call("f", '{"n": 1, "tags": ["a"]}', TOOLS)
    assert (check.ok, check.is_json, check.known, check.arguments) == (True, True, True, {"n": 1, "tags": ["a"]})
    assert check_call("bare", '{"anything": 1}', TOOLS).ok


@pytest.mark.parametrize(
    ("text", "line", "column"), [('{"n": 1', 1, 8), ('{"n":\n 1,}', 2, 4), ("n=1", 1, 1), ('{"n": 1} {"n": 2}', 1, 10)]
)
def test_no_json_is_kept_with_the_position(text: str, line: int, column: int) -> None:
    check = check_call("f", text, TOOLS)
    (problem,) = check.problems
    assert (check.is_json, check.text, check.arguments) == (False, text, {})
    assert (problem.line, problem.column) == (line, column)
    assert problem.message.startswith("the arguments are not valid JSON: ")
    assert f"line {line}, column {column}" in check.in_words()


@pytest.mark.parametrize("text", ["[1]", "5", '"x"', "true"])
def test_json_that_is_no_object(text: str) -> None:
    check = check_call("bare", text, TOOLS)
    assert (check.is_json, check.ok) == (False, False)
    assert "not a JSON object" in check.in_words()


@pytest.mark.parametrize("text", ["", " ", "null", "null\n"])
def test_no_arguments_are_none(text: str) -> None:
    check = check_call("bare", text, TOOLS)
    assert (check.ok, check.is_json, check.arguments, check.text) == (True, True, {}, text)
    assert "empty object" in check.notes[0].message
    assert '"n"' in check_call("f", text, TOOLS).in_words()


def test_broken_rules_have_their_places() -> None:
    check = check_call("f", '{"n": "1",\n "tags": ["a", "c"], "x": 0}', TOOLS)
    assert [(p.pointer, p.line, p.column) for p in check.problems] == [("/n", 1, 7), ("/tags/1", 2, 16), ("/x", 2, 27)]
    assert check.is_json
    assert '"1" is not' in check.problems[0].message


def test_an_unknown_tool_is_told_with_those_that_are_there() -> None:
    assert check_call("g", "{}", TOOLS).in_words() == 'there is no tool "g"; there are: f, bare, odd'
    assert check_call("", "{}", []).in_words() == "the call names no tool"
    assert len(check_call("g", "{", TOOLS).problems) == 2


def test_a_name_that_stands_twice_and_a_schema_that_is_none() -> None:
    assert "appears twice" in str(check_call("bare", '{"a": 1, "a": 2}', TOOLS).notes[0])
    check = check_call("odd", "{}", TOOLS)
    assert check.ok
    assert "could not be checked" in check.notes[0].message


def test_a_long_text() -> None:
    with effort(100):
        assert not check_call("f", '{"n": "' + "x" * 2_000_000, TOOLS).is_json
        assert not check_call("f", "[" * 100_000, TOOLS).is_json


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (ToolChoice(), None),
        (ToolChoice(Mode.AUTO), "auto"),
        (ToolChoice(Mode.NONE), "none"),
        (ToolChoice(Mode.REQUIRED), "required"),
        (ToolChoice(Mode.NAMED, "f"), {"type": "function", "function": {"name": "f"}}),
    ],
)
def test_tool_choice_there_and_back(choice: ToolChoice, wire: Any) -> None:
    assert choice.to_wire() == wire
    assert ToolChoice.from_wire(wire) == choice
    assert choice.forces == (choice.mode in {Mode.REQUIRED, Mode.NAMED})


@pytest.mark.parametrize("wire", ["any", {"type": "tool", "name": "f"}, {"type": "function"}, 5, {"function": 5}])
def test_another_choice_is_none_of_these(wire: Any) -> None:
    assert ToolChoice.from_wire(wire) is None


def test_a_named_choice_names() -> None:
    with pytest.raises(InvalidTools, match="does not name a function"):
        ToolChoice(Mode.NAMED).to_wire()
