import json
from typing import Any

import pytest
from hypothesis import given, settings

from playground.schema.check import check_value
from playground.schema.sample import infer_schema, schema_from_sample
from playground.schema.strict import lint
from playground.schema.strict_fix import fix
from playground.schema.validate import validate
from tests.schema.values import VALUES


@settings(max_examples=300)
@given(VALUES)
def test_every_sample_is_valid_by_its_own_schema(value: Any) -> None:
    check = schema_from_sample(json.dumps(value))
    assert check.schema is not None
    assert check_value(check.schema) == ()
    assert validate(check.schema, value) == ()


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1, {"type": "integer"}),
        (1.0, {"type": "number"}),
        (True, {"type": "boolean"}),
        ([], {"type": "array"}),
        ([1, 2.5], {"type": "array", "items": {"type": "number"}}),
        ([1, None, "x"], {"type": "array", "items": {"type": ["string", "integer", "null"]}}),
        ([[], [1]], {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
        (
            [{}, 1],
            {
                "type": "array",
                "items": {
                    "anyOf": [
                        {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
                        {"type": "integer"},
                    ]
                },
            },
        ),
    ],
)
def test_kinds(value: Any, schema: dict[str, Any]) -> None:
    assert infer_schema(value) == schema


def test_the_objects_of_an_array_are_taken_together() -> None:
    schema = infer_schema([{"b": 1, "a": "x"}, {"a": None, "c": []}])
    assert schema["items"] == {
        "type": "object",
        "properties": {"b": {"type": "integer"}, "a": {"type": ["string", "null"]}, "c": {"type": "array"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert list(schema["items"]["properties"]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2026-01-31"], "date"),
        (["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.5+01:00"], "date-time"),
        (["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        (["2026-02-31"], None),
        (["2026-01-31", "soon"], None),
        (["2026-01-31", "2026-01-31T10:00:00Z"], None),
        (["a@example.com"], None),
        (["10:00:00"], None),
    ],
)
def test_a_format_only_where_it_is_certain(values: list[str], expected: str | None) -> None:
    assert infer_schema(values)["items"].get("format") == expected


def test_a_sample_fits_strict_mode_once_fixed() -> None:
    schema = infer_schema({"items": [{"a": 1}, {"b": [True]}], "note": None})
    assert lint(fix(schema)) == ()


def test_what_is_no_json_is_placed() -> None:
    (problem,) = schema_from_sample('{"a": }').problems
    assert (problem.line, problem.column) == (1, 7)


def test_a_deep_sample_is_refused() -> None:
    assert "deeper" in schema_from_sample("[" * 100_000).problems[0].message
    assert schema_from_sample("[" * 250 + "]" * 250).problems == ()
