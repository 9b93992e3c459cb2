"""The text of tools: what is understood, and where exactly what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given

from playground.tools.definitions import (
    MAX_CHARACTERS,
    MAX_TOOLS,
    make_tool,
    name_of,
    parse_tools,
    read_tools,
    render_tools,
)
from tests.effort import effort
from tests.steps import steps
from tests.wire.values import JSON_VALUES, same

PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}}
FUNCTION = {"name": "f", "description": "F", "parameters": PARAMETERS}
TOOL = {"type": "function", "function": FUNCTION}


def said(text: str) -> list[tuple[str, int | None, int | None]]:
    found = parse_tools(text)
    return [(problem.pointer, problem.line, problem.column) for problem in found.problems]


def test_a_list_goes_as_it_is() -> None:
    tools: list[dict[str, Any]] = [
        {"function": {"strict": True, "parameters": {}, "name": "b-2"}, "type": "function"},
        TOOL,
    ]
    found = parse_tools(render_tools(tools))
    assert (found.ok, found.notes) == (True, ())
    assert same(list(found.tools), tools)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (json.dumps(TOOL), "a single tool: it is sent in a list"),
        (json.dumps([FUNCTION]), "a bare function: it is sent as the function of a tool"),
        (json.dumps([{"type": "function"} | FUNCTION]), "the flat form of the Responses API"),
        (json.dumps(FUNCTION), "a bare function"),
    ],
)
def test_other_forms_are_understood_and_said(text: str, note: str) -> None:
    found = parse_tools(text)
    assert found.ok
    assert found.tools == (TOOL,)
    assert any(note in problem.message for problem in found.notes)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_no_text_is_no_tools(text: str) -> None:
    assert parse_tools(text) == parse_tools("")
    assert parse_tools(text).ok


@pytest.mark.parametrize(
    ("text", "pointer", "line", "column", "words"),
    [
        ("[\n  {", "", 2, 4, "ends before"),
        ("[{}]x", "", 1, 5, "more text"),
        ("5", "", 1, 1, "tools are a list, not 5"),
        ("[\n 5]", "/0", 2, 2, "a tool is an object, not 5"),
        ('{"tools": []}', "", 1, 1, 'keep only the list after "tools"'),
        ('[{"type": "function"}]', "/0", 1, 2, "no function"),
        ('[{"function": {"name": "f"}}]', "/0", 1, 2, "no type"),
        ('[{"type": 5, "function": {"name": "f"}}]', "/0/type", 1, 11, "a type is a text"),
        ('[{"type": "function", "function": []}]', "/0/function", 1, 35, "a function is an object"),
        ('[{"type": "function",\n"function": {"description": "x"}}]', "/0/function", 2, 13, "no name"),
        ('[{"type": "function", "function": {"name": ""}}]', "/0/function", 1, 35, "no name"),
        ('[{"type": "function", "function": {"name": 5}}]', "/0/function/name", 1, 44, "a name is a text"),
        ('{"name":\n "a b"}', "/name", 2, 2, "not a name that every server accepts"),
        (f'{{"name": "{"x" * 65}"}}', "/name", 1, 10, "1 to 64"),
        ('{"name": "é"}', "/name", 1, 10, "not a name that"),
        ('{"name": "f", "description": 1}', "/description", 1, 30, "a description is a text"),
        ('{"name": "f", "parameters": null}', "/parameters", 1, 29, "a JSON Schema of an object, not null"),
        ('{"name": "f", "parameters": {"type": "array"}}', "/parameters", 1, 29, 'type must be "object"'),
        (
            '{"name": "f", "parameters": {"properties": {"a/b": {"type": "text"}}}}',
            "/parameters/properties/a~1b/type",
            1,
            61,
            '"text" is not a type',
        ),
        (
            '{"name": "f", "parameters": {"properties": {"a": {\n"$ref": "https://example.org/a.json"}}}}',
            "/parameters/properties/a/$ref",
            2,
            9,
            "nothing is fetched",
        ),
        ('{"name": "f", "parameters": {"$ref": "#/$defs/x"}}', "/parameters/$ref", 1, 38, "points to nothing"),
        ('[{"name": "f"},\n {"name": "f"}]', "/1/name", 2, 11, "two tools are called"),
    ],
)
def test_what_is_wrong_and_where(text: str, pointer: str, line: int, column: int, words: str) -> None:
    (problem,) = parse_tools(text).problems
    assert (problem.pointer, problem.line, problem.column) == (pointer, line, column)
    assert words in problem.message


def test_problems_stand_in_the_order_of_the_text() -> None:
    text = '[{"name": "a b"},\n{"name": "c d"},\n 5]'
    assert said(text) == [("/0/name", 1, 11), ("/1/name", 2, 10), ("/2", 3, 2)]
    assert parse_tools(text).tools == ()  # what cannot be sent whole is not sent in part


def test_what_is_unusual_is_a_note() -> None:
    text = '[{"type": "web_search", "x": 1}, {"type": "function", "function": {"name": "f", "input_schema": {}}}]'
    found = parse_tools(text)
    assert found.ok
    assert [(note.pointer, note.column) for note in found.notes] == [("/0", 2), ("/1/function/input_schema", 97)]
    assert same(list(found.tools), json.loads(text))
    (note,) = parse_tools('{"name": "f", "name": "g"}').notes[:1]
    assert (note.pointer, note.column) == ("", 1) or "appears twice" in note.message


@given(JSON_VALUES)
def test_any_json_is_answered(value: Any) -> None:
    found = parse_tools(json.dumps(value))
    assert all(isinstance(tool, dict) for tool in found.tools)
    assert found.tools == () or found.ok or found.problems


def test_five_hundred_tools() -> None:
    tools = [make_tool(f"tool_{n}", f"Number {n}", PARAMETERS | {"title": str(n)}) for n in range(500)]
    tools[250]["function"]["name"] = "tool_249"
    with effort(200):
        found = parse_tools(render_tools(tools))
    (problem,) = found.problems
    assert (len(found.tools), problem.pointer) == (500, "/250/function/name")
    assert problem.line is not None


def test_many_problems_are_counted() -> None:
    found = parse_tools(json.dumps([{"name": "a b"}] * 300))
    assert len(found.problems) == 101
    assert found.problems[-1].message == "and 499 more"


def test_five_megabytes_are_too_much() -> None:
    with effort(100):
        (problem,) = parse_tools("[" + json.dumps(TOOL) + " " * 5_000_000 + "]").problems
        assert f"the limit is {MAX_CHARACTERS:,}" in problem.message
        large = parse_tools(json.dumps([make_tool("f", "x" * 3_900_000)]))
        assert large.ok


def test_names() -> None:
    assert name_of(TOOL) == "f"
    assert [name_of(value) for value in (None, {}, {"function": 5}, {"function": {"name": 5}})] == [""] * 4
    assert make_tool("f") == {"type": "function", "function": {"name": "f"}}


@given(JSON_VALUES)
def test_read_tools_are_those_that_are_checked(value: Any) -> None:
    text = json.dumps([value, TOOL])
    assert read_tools(text).tools == parse_tools(text).tools
    assert bool(read_tools(text).problems) == (not parse_tools(text).tools)


def test_the_number_of_tools_has_an_end() -> None:
    assert len(parse_tools(render_tools([make_tool(f"f{n}") for n in range(MAX_TOOLS)])).tools) == MAX_TOOLS
    (problem,) = parse_tools(render_tools([make_tool("f")] * (MAX_TOOLS + 1))).problems
    assert problem.message == "1,001 tools; the limit is 1,000"


def test_a_schema_of_a_tool_is_not_looked_at_to_be_sent() -> None:
    text = json.dumps([make_tool("f", parameters={"allOf": [{"pattern": "(\\p{L}{99}){9}"}] * 900})])
    assert 3 * steps(lambda: read_tools(text)) < steps(lambda: parse_tools(text))
