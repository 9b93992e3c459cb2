import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from playground.schema.check import check_value
from playground.schema.strict import lint
from playground.schema.strict_fix import fix
from playground.schema.validate import validate
from tests.effort import effort
from tests.schema.values import SMALL, schemas

CLOSED: dict[str, Any] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def holding(schema: Any) -> dict[str, Any]:
    """A clean object with one property of that schema."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}


def found(schema: Any) -> list[tuple[str, str, bool]]:
    return [(finding.pointer, finding.rule, finding.fixable) for finding in lint(schema)]


@pytest.mark.parametrize(
    "schema",
    [
        CLOSED,
        holding({"type": ["string", "null"], "description": "d", "pattern": "^a", "format": "email"}),
        holding({"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}),
        holding({"anyOf": [{"type": "string"}, holding({"enum": ["a", 1], "type": ["string", "integer"]})]}),
        holding({"type": "array", "items": {"$ref": "#"}}),
        holding({"$ref": "#/$defs/x"}) | {"$defs": {"x": {"type": "string", "const": "k"}}},
        holding(CLOSED) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "T"},
    ],
)
def test_clean(schema: Any) -> None:
    assert check_value(schema) == ()
    assert lint(schema) == ()
    assert fix(schema) == schema


@pytest.mark.parametrize(
    ("schema", "findings"),
    [
        (True, [("", "root", False)]),
        ({"type": "array", "items": {"type": "string"}}, [("", "root", False)]),
        ({"anyOf": [CLOSED]}, [("/anyOf", "root", False)]),
        ({"$ref": "#/$defs/x", "$defs": {"x": CLOSED}}, [("/$ref", "root", True)]),
        ({"type": "object", "properties": {}}, [("", "additionalProperties", True)]),
        (CLOSED | {"additionalProperties": {"type": "string"}}, [("", "additionalProperties", False)]),
        (holding({"type": "object"}), [("/properties/a", "additionalProperties", False)]),
        (holding({"type": "string"}) | {"required": []}, [("", "required", True)]),
        (CLOSED | {"required": ["x"]}, [("/required", "required", False)]),
        (holding({}), [("/properties/a", "type", False)]),
        (holding(True), [("/properties/a", "type", False)]),
        (holding({"enum": ["a"]}), [("/properties/a", "type", True)]),
        (holding({"type": "array"}), [("/properties/a", "items", False)]),
        (holding({"type": "string", "default": "a"}), [("/properties/a/default", "keyword", True)]),
        (holding({"type": "string", "minLength": 1}), [("/properties/a/minLength", "keyword", False)]),
        (holding({"type": "string", "format": "uri"}), [("/properties/a/format", "format", True)]),
        (holding({"allOf": [{"type": "string"}]}), [("/properties/a/allOf", "keyword", True)]),
        (holding({"allOf": [{"type": "string"}, {"type": "string"}]}), [("/properties/a/allOf", "keyword", False)]),
        (holding({"oneOf": [{"type": "string"}, {"type": "null"}]}), [("/properties/a/oneOf", "keyword", True)]),
        (holding({"oneOf": [{"type": "integer"}, {"type": "number"}]}), [("/properties/a/oneOf", "keyword", False)]),
        (
            holding({"$ref": "#/$defs/x", "description": "d"}) | {"$defs": {"x": {"type": "string"}}},
            [("/properties/a/$ref", "ref", True)],
        ),
        (
            holding({"$ref": "#/$defs/x", "minLength": 2}) | {"$defs": {"x": {"type": "string"}}},
            [("/properties/a/minLength", "keyword", False), ("/properties/a/$ref", "ref", False)],
        ),
        (holding({"not": {"type": "string"}, "type": "string"}), [("/properties/a/not", "keyword", False)]),
    ],
)
def test_what_is_refused(schema: Any, findings: list[tuple[str, str, bool]]) -> None:
    assert found(schema) == findings
    assert found(fix(schema)) == [finding for finding in findings if not finding[2]]


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema = {"type": "object", "properties": {"oneOf": {"type": "string"}, "default": {"type": "string"}}}
    assert found(schema) == [("", "additionalProperties", True), ("", "required", True)]


def test_optional_becomes_nullable() -> None:
    schema = {
        "type": "object",
        "properties": {
            "kept": {"type": "string"},
            "text": {"type": "string", "description": "d"},
            "choice": {"type": "string", "enum": ["a"]},
            "constant": {"type": "string", "const": "a"},
            "ref": {"$ref": "#/$defs/x"},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "already": {"type": ["null", "string"]},
        },
        "required": ["kept"],
        "$defs": {"x": {"type": "object", "properties": {}}},
    }
    null = {"type": "null"}
    assert fix(schema) == {
        "type": "object",
        "properties": {
            "kept": {"type": "string"},
            "text": {"type": ["string", "null"], "description": "d"},
            "choice": {"type": ["string", "null"], "enum": ["a", None]},
            "constant": {"anyOf": [{"type": "string", "const": "a"}, null]},
            "ref": {"anyOf": [{"$ref": "#/$defs/x"}, null]},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, null]},
            "already": {"type": ["null", "string"]},
        },
        "required": ["kept", "text", "choice", "constant", "ref", "either", "already"],
        "$defs": {"x": {"type": "object", "properties": {}, "additionalProperties": False}},
        "additionalProperties": False,
    }
    assert list(fix(schema)) == ["type", "properties", "required", "$defs", "additionalProperties"]


def test_what_pydantic_writes_can_be_fixed() -> None:
    schema = {
        "$defs": {
            "Node": {"properties": {"kids": {"default": [], "items": {"$ref": "#/$defs/Node"}, "type": "array"}}}
        },
        "$ref": "#/$defs/Node",
    }
    fixed = fix(schema)
    assert lint(fixed) == ()
    assert fixed["type"] == "object"
    assert validate(fixed, {"kids": [{"kids": None}]}) == ()


def test_a_union_told_apart_by_a_constant() -> None:
    def kind(name: str) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"const": name}}, "required": ["kind"]}

    assert found(holding({"oneOf": [kind("a"), kind("b")]}))[0] == ("/properties/a/oneOf", "keyword", True)
    assert found(holding({"oneOf": [kind("a"), kind("a")]}))[0] == ("/properties/a/oneOf", "keyword", False)
    fixed = fix(holding({"oneOf": [kind("a"), kind("b")]}))
    assert lint(fixed) == ()
    assert [bool(validate(fixed, {"a": {"kind": name}})) for name in "abc"] == [False, False, True]


def test_limits() -> None:
    deep: Any = {"type": "string"}
    for _ in range(10):
        deep = holding(deep)
    assert lint(deep) == ()
    assert lint(holding(deep))[0].message == "11 levels of nesting; the limit is 10"
    wide = {f"p{i}": {"type": "string"} for i in range(5001)}
    (limit,) = lint({"type": "object", "properties": wide, "required": list(wide), "additionalProperties": False})
    assert limit.message == "5,001 properties; the limit is 5,000"
    enum = [f"value {i:05}" for i in range(1001)]
    messages = [finding.message for finding in lint(holding({"type": "string", "enum": enum}))]
    assert messages == ["1,001 enum values; the limit is 1,000"]
    messages = [
        finding.message for finding in lint(holding({"type": "string", "enum": [f"{i:080}" for i in range(251)]}))
    ]
    assert messages == ["20,080 characters in an enum; the limit is 15,000"]
    long = {f"{i:0100}": {"type": "string"} for i in range(1201)}
    (limit,) = lint({"type": "object", "properties": long, "required": list(long), "additionalProperties": False})
    assert "120,100 characters" in limit.message


@settings(max_examples=300)
@given(schemas())
def test_fix_leaves_nothing_fixable_and_is_idempotent(schema: dict[str, Any]) -> None:
    before = json.dumps(schema)
    fixed = fix(schema)
    assert json.dumps(schema) == before
    assert check_value(fixed) == ()
    assert not [finding for finding in lint(fixed) if finding.fixable]
    assert json.dumps(fix(fixed)) == json.dumps(fixed)


def without_nulls(value: Any, schema: Any, root: Any) -> Any:
    """The value with the nulls left out that stand for optional properties; as far as a schema says which these are."""
    if not isinstance(schema, dict):
        return value
    if "$ref" in schema:
        return without_nulls(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    for keyword in ("anyOf", "allOf"):
        for inner in schema.get(keyword, ()):
            changed = without_nulls(value, inner, root)
            if not validate({"allOf": [inner], "$defs": root["$defs"]}, changed):
                value = changed
                break
    if isinstance(value, list) and "items" in schema:
        return [without_nulls(item, schema["items"], root) for item in value]
    if isinstance(value, dict) and "properties" in schema:
        kept = {k: v for k, v in value.items() if v is not None or k in schema.get("required", ())}
        return {k: without_nulls(v, schema["properties"].get(k, True), root) for k, v in kept.items()}
    return value


@settings(max_examples=600, suppress_health_check=[HealthCheck.filter_too_much])
@given(schemas(strict=True), SMALL)
def test_what_the_fixed_schema_takes_the_schema_takes_without_the_nulls(schema: dict[str, Any], value: Any) -> None:
    fixed = fix(schema)
    filled = value
    if isinstance(value, dict):
        filled = {name: value.get(name) for name in fixed["properties"]}
    if not validate(fixed, filled):
        assert validate(schema, without_nulls(filled, schema, schema)) == ()


def test_many_names_cost_in_proportion_and_are_cut() -> None:
    def schema(count: int) -> dict[str, Any]:
        names = [f"p{n}" for n in range(count)]
        return CLOSED | {"properties": {n: {"type": "string"} for n in names}, "required": names[: count // 2]}

    with effort(300):  # it took a minute
        fix(schema(30_000))
        assert len(lint(schema(30_000))) == 3
    (finding,) = lint(schema(120))
    assert finding.message.endswith("p109 and 10 more")
