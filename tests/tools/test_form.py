"""A tool as a form and back."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.tools.definitions import make_tool, parse_tools, render_tools
from playground.tools.form import Row, ToolForm, apply_form, form_of
from tests.wire.values import JSON_OBJECTS, JSON_VALUES, same

RICH = {
    "type": "function",
    "x-own": 1,
    "function": {
        "strict": True,
        "name": "f",
        "parameters": {
            "additionalProperties": False,
            "required": ["b", "a"],
            "properties": {
                "a": {"pattern": "^x", "type": "string", "description": "A"},
                "b": {"enum": ["x", 1, None]},
                "c": {"type": ["string", "null"], "default": None},
                "d": True,
                "e": {"$ref": "#/$defs/E"},
            },
            "$defs": {"E": {}},
            "type": "object",
        },
    },
}


def test_a_form_shows_what_is_simple() -> None:
    assert form_of(RICH) == ToolForm(
        "f",
        "",
        (
            Row("a", "string", "A", required=True, was="a"),
            Row("b", "", "", required=True, enum=("x", 1, None), was="b"),
            Row("c", "string|null", was="c"),
            Row("d", "", was="d"),
            Row("e", "", was="e"),
        ),
    )


def test_a_form_left_alone_changes_nothing() -> None:
    before = copy.deepcopy(RICH)
    assert same(apply_form(form_of(RICH), RICH), RICH)
    assert same(RICH, before)


TOOLS = st.fixed_dictionaries({"type": st.just("function"), "function": JSON_OBJECTS}) | st.builds(
    lambda name, properties, required: make_tool(name, "", {"properties": properties, "required": required}),
    st.text(max_size=5),
    st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=4),
    st.lists(st.text(max_size=5), max_size=3),
)


@given(TOOLS)
def test_that_holds_for_any_tool(tool: dict[str, Any]) -> None:
    assert same(apply_form(form_of(tool), tool), tool)


def changed(**fields: Any) -> Any:
    form = form_of(RICH)
    row = replace(form.rows[0], **fields)
    return apply_form(replace(form, rows=(row, *form.rows[1:])), RICH)["function"]["parameters"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"description": "New"}, {"pattern": "^x", "type": "string", "description": "New"}),
        ({"description": ""}, {"pattern": "^x", "type": "string"}),
        ({"type": "integer|null"}, {"pattern": "^x", "type": ["integer", "null"], "description": "A"}),
        ({"enum": ("x",)}, {"pattern": "^x", "type": "string", "description": "A", "enum": ["x"]}),
    ],
)
def test_a_change_touches_only_its_field(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    made = changed(**fields)
    assert same(made["properties"]["a"], expected)
    rest = {key: value for key, value in made.items() if key != "properties"}
    assert rest == {k: v for k, v in RICH["function"]["parameters"].items() if k != "properties"}  # type: ignore[index] # RICH is JSON
    assert list(made) == list(RICH["function"]["parameters"])  # type: ignore[index] # RICH is JSON


def test_rename_require_add_and_take_away() -> None:
    assert changed(name="z")["required"] == ["b", "z"]
    assert changed(name="z")["properties"]["z"]["pattern"] == "^x"
    assert changed(required=False)["required"] == ["b"]
    form = form_of(RICH)
    rows = (form.rows[1], Row("new", "boolean", "N", required=True))
    made = apply_form(replace(form, name="g", description="G", rows=rows), RICH)["function"]
    assert (made["name"], made["description"], made["strict"]) == ("g", "G", True)
    assert made["parameters"]["properties"] == {
        "b": {"enum": ["x", 1, None]},
        "new": {"type": "boolean", "description": "N"},
    }
    assert made["parameters"]["required"] == ["b", "new"]


def test_a_new_tool() -> None:
    form = ToolForm("f", "F", (Row("a", "integer", "A", required=True, enum=(1, 2)), Row("b", "")))
    tool = apply_form(form)
    assert tool == make_tool(
        "f",
        "F",
        {
            "type": "object",
            "properties": {"a": {"type": "integer", "description": "A", "enum": [1, 2]}, "b": {}},
            "required": ["a"],
        },
    )
    assert parse_tools(render_tools([tool])).ok
    assert apply_form(ToolForm("g")) == make_tool("g", "", {"type": "object", "properties": {}})
    assert form_of(tool).rows == tuple(replace(row, was=row.name) for row in form.rows)
