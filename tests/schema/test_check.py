import json
from typing import Any

import pytest

from playground.errors import InvalidInput
from playground.schema.check import check_schema, check_value
from playground.schema.cost import MAX_CHAIN
from playground.schema.live import LiveValidator, operations
from playground.schema.validate import validate
from tests.effort import effort


def problems(schema: Any) -> list[tuple[str, str]]:
    return [(p.pointer, p.message) for p in check_schema(json.dumps(schema)).problems]


@pytest.mark.parametrize("schema", [True, False, {}, {"type": "object"}, {"$defs": {"a": {"$ref": "#"}}}])
def test_usable(schema: Any) -> None:
    check = check_schema(json.dumps(schema))
    assert check.ok
    assert check.schema == schema


@pytest.mark.parametrize("text", ["3", "null", '"x"', "[{}]"])
def test_a_schema_is_an_object_or_a_truth_value(text: str) -> None:
    check = check_schema(text)
    assert check.schema is None
    assert "a schema is an object, or true or false" in check.problems[0].message


def test_each_fault_has_its_place() -> None:
    text = """{
  "type": "strin",
  "properties": {
    "a": {"minimum": "1"},
    "b/c": {"pattern": "(a"}
  },
  "required": ["a", "a"],
  "items": [{}]
}"""
    found = [(p.line, p.column, p.pointer) for p in check_schema(text).problems]
    assert found == [(2, 11, "/type"), (4, 22, "/properties/a/minimum"), (5, 24, "/properties/b~1c/pattern"),
                     (7, 15, "/required"), (8, 12, "/items")]  # fmt: skip


def test_a_syntax_error_has_its_place() -> None:
    (problem,) = check_schema('{"type":\n "object",}').problems
    assert str(problem) == "line 2, column 11: a name in double quotes was expected, not }"


@pytest.mark.parametrize(
    "reference", ["https://example.com/s.json", "http://127.0.0.1:1/x", "file:///etc/passwd", "other.json"]
)
def test_nothing_is_fetched(reference: str) -> None:
    schema = {"properties": {"a": {"$ref": reference}}}
    ((pointer, message),) = problems(schema)
    assert pointer == "/properties/a/$ref"
    assert "nothing is fetched" in message


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/a b", "$defs": {"a b": {}}},
        {"$ref": "#/$defs/a%20b", "$defs": {"a b": {}}},
        {"$ref": "#name", "$defs": {"x": {"$anchor": "name"}}},
        {"$dynamicRef": "#name", "$defs": {"x": {"$dynamicAnchor": "name"}}},
        {"$id": "https://example.com/root", "$ref": "inner", "$defs": {"x": {"$id": "inner", "type": "string"}}},
        {"$id": "https://example.com/root", "$ref": "https://example.com/root#/$defs/x", "$defs": {"x": {}}},
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"enum": [{"$ref": "https://example.com"}], "properties": {"$ref": {"type": "string"}}},
        {"type": "array", "items": {"$ref": "#"}},
    ],
)
def test_references_inside(schema: Any) -> None:
    expected = [] if "a b" not in str(schema.get("$ref")) else [("/$ref", "format")]
    found = problems(schema)
    assert len(found) == len(expected)


@pytest.mark.parametrize("reference", ["#/$defs/x", "#x", "#/properties/0", "#/enum/0"])
def test_a_reference_to_nowhere(reference: str) -> None:
    assert problems({"enum": [1], "allOf": [{"$ref": reference}]}) == [
        ("/allOf/0/$ref", f'"{reference}" points to nothing in this schema')
    ]


def test_a_recursive_schema_works() -> None:
    schema = {"type": "array", "items": {"$ref": "#"}}
    assert check_schema(json.dumps(schema)).ok
    assert validate(schema, [[], [[]]]) == ()
    assert [v.pointer for v in validate(schema, [[], [3]])] == ["/1/0"]


def test_a_reference_to_where_no_keyword_leads_is_followed() -> None:
    schema = {"$ref": "#/x/y", "x": {"y": {"$ref": "https://example.com"}}}
    assert [pointer for pointer, _ in problems(schema)] == ["/x/y/$ref"]


def test_a_large_schema_in_bounded_time() -> None:
    members = {f"p{i}": {"type": "string", "description": "x" * 100} for i in range(35_000)}
    text = json.dumps({"properties": members | {"last": {"type": "x"}}})
    assert len(text) > 5_000_000
    with effort(400):
        (problem,) = check_schema(text).problems
        assert problem.column == len(text) - 5


def test_a_schema_beyond_the_limit_is_refused() -> None:
    (problem,) = check_schema(" " * 8_000_001).problems
    assert "the limit is 8,000,000" in problem.message


@pytest.mark.parametrize("levels", [300, 100_000])
def test_a_deep_schema_is_refused(levels: int) -> None:
    (problem,) = check_schema('{"items":' * levels + "{}" + "}" * levels).problems
    assert "nested deeper than 250 levels" in problem.message


def test_what_would_overflow_or_never_end_is_refused() -> None:
    chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(MAX_CHAIN + 1)}
    chain[f"d{MAX_CHAIN + 1}"] = {}
    assert "one inside the other" in problems({"$ref": "#/$defs/d0", "$defs": chain})[0][1]
    double = {f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(20)} | {"d20": {}}
    assert "apply to one value" in problems({"$ref": "#/$defs/d0", "$defs": double})[0][1]
    many = {f"d{i}": {"$ref": "#/$defs/d0"} for i in range(10_001)}
    assert "10,001 references" in problems({"$defs": many})[0][1]
    hidden: dict[str, Any] = {"$ref": "#/x/0", "x": [{"$ref": f"#/x/{i + 1}"} for i in range(100)] + [{}]}
    assert "one inside the other" in problems(hidden)[0][1]


def test_the_longest_chain_at_the_deepest_nesting_does_not_overflow() -> None:
    steps = MAX_CHAIN // 2 - 1
    chain: dict[str, Any] = {
        f"d{i}": {"anyOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"type": "array", "maxItems": 0}]} for i in range(steps)
    }
    chain[f"d{steps}"] = {"items": {"$ref": "#/$defs/d0"}, "type": "array"}
    schema = {"$ref": "#/$defs/d0", "$defs": chain}
    assert problems(schema) == []
    value: Any = 1
    for _ in range(49):
        value = [value]
    assert len(validate(schema, value)) == 1
    for _ in range(200):
        value = [value]
    with pytest.raises(InvalidInput, match="249 levels are too deep for this schema"):
        validate(schema, value)
    live = LiveValidator(schema)
    live.apply(tuple(operations(value)))
    assert live.gave_up


def test_500_properties() -> None:
    schema = {
        "properties": {f"p{i}": {"type": "integer"} for i in range(500)},
        "required": [f"p{i}" for i in range(500)],
    }
    assert problems(schema) == []
    assert len(validate(schema, {}, limit=1000)) == 500


def test_notes() -> None:
    assert "every answer" in check_schema("true").notes[0].message
    assert "no answer" in check_schema("false").notes[0].message
    (note,) = check_schema('{"$schema": "http://json-schema.org/draft-07/schema#"}').notes
    assert (note.pointer, note.column) == ("/$schema", 13)
    check = check_schema('{"type": "object",\n "type": "array"}')
    assert check.schema == {"type": "array"}
    assert [(n.pointer, n.line) for n in check.notes] == [("/type", 2)]


def test_halves_of_pairs_and_huge_numbers_are_no_crash() -> None:
    assert check_schema('{"const": "\\ud800", "maximum": 1e400, "properties": {"\\udc00": true}}').ok


def test_a_value_that_was_read_already() -> None:
    assert check_value({"type": "object"}) == ()
    assert [p.pointer for p in check_value({"type": "x"})] == ["/type"]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
    ],
)
def test_a_schema_that_goes_in_circles_is_refused(schema: Any) -> None:
    ((_, message),) = problems(schema)
    assert "refers to itself without descending into the value" in message
