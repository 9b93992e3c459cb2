import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.errors import InvalidInput
from playground.schema.check import check_value
from playground.schema.engine import compile_schema
from playground.schema.pointer import resolve
from playground.schema.validate import Violation, validate
from tests.effort import effort
from tests.schema.values import SMALL, schemas


def messages(schema: Any, value: Any) -> list[str]:
    return [violation.message for violation in validate(schema, value)]


def test_a_violation_says_where_what_and_why() -> None:
    schema = {
        "properties": {"items": {"items": {"$ref": "#/$defs/item"}}},
        "$defs": {"item": {"properties": {"price": {"type": "number"}}}},
    }
    (found,) = validate(schema, {"items": [{}, {"price": 1}, {"price": "12"}]})
    assert found == Violation(
        "/items/2/price", "12", "type", "number", '"12" is not a number', "/$defs/item/properties/price/type"
    )
    assert found.message == '/items/2/price: "12" is not a number (type: number)'
    assert json.loads(json.dumps(found.to_dict()))["message"] == found.message


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": ["string", "null"]}, 3, "(whole answer): 3 is not null or a string"),
        ({"required": ["a/b"]}, {}, 'the property "a/b" is missing (required: ["a/b"])'),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, 'the property "b" is missing (dependentRequired'),
        ({"properties": {}, "additionalProperties": False}, {"x~y": 1}, '/x~0y: the property "x~y" is not allowed'),
        ({"unevaluatedProperties": False}, {"x": 1}, '/x: the property "x" is not allowed (unevaluatedProp'),
        ({"prefixItems": [True], "unevaluatedItems": False}, [1, 2], "with 2 items has more items than are allowed"),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, '/ab: the name "ab" is not allowed'),
        ({"enum": ["a", 1]}, "b", '"b" is not one of "a", 1'),
        ({"enum": list(range(20))}, "b", "0, 1, 2, 3, 4, 5, 6, 7 or 12 more"),
        ({"const": "a"}, "b", '"b" is not "a"'),
        ({"const": {"a": 1}}, {}, "an object without members is not that value"),
        ({"minimum": 1}, 0, "0 is less than 1 (minimum: 1)"),
        ({"maximum": 1}, 1.5, "1.5 is more than 1"),
        ({"exclusiveMinimum": 0}, 0, "0 is not more than 0"),
        ({"exclusiveMaximum": 0}, 0, "0 is not less than 0"),
        ({"multipleOf": 2}, 3, "3 is not a multiple of 2"),
        ({"minLength": 2}, "é", '"é" is shorter than 2 characters'),
        ({"maxLength": 1}, "éa", "is longer than 1 characters"),
        ({"minItems": 1}, [], "an array without items has fewer than 1 items"),
        ({"maxItems": 1}, [1, 2], "an array with 2 items has more than 1 items"),
        ({"minProperties": 1}, {}, "has fewer than 1 properties"),
        ({"maxProperties": 0}, {"a": 1}, "an object with 1 member has more than 0 properties"),
        ({"pattern": "^a$"}, "b", '"b" does not match the pattern (pattern: ^a$)'),
        ({"format": "email"}, "b", '"b" is not in the format email'),
        ({"uniqueItems": True}, [1, 1], "contains the same item more than once"),
        ({"contains": {"type": "string"}}, [1], "does not contain the required number of matching items"),
        ({"not": {"type": "string"}}, "a", '"a" matches the schema that it must not match'),
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 1, "1 matches more than one of the alternatives"),
        ({"if": {"type": "string"}, "then": {"minLength": 2}}, "a", "is shorter than 2 characters"),
        ({"properties": {"a": False}}, {"a": 1}, '/a: the property "a" is not allowed (false: false)'),
        (False, 1, "(whole answer): nothing is allowed here"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "none of the 2 alternatives: 1. 1 is not a string; 2."),
    ],
)  # fmt: skip
def test_each_rule_in_words(schema: Any, value: Any, said: str) -> None:
    assert check_value(schema) == ()
    (message,) = messages(schema, value)
    assert said in message


def test_of_alternatives_the_one_for_that_kind_of_value_is_told() -> None:
    schema = {
        "anyOf": [{"type": "null"}, {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["m"]}]
    }
    assert messages(schema, {"n": "x"}) == [
        '(whole answer): the property "m" is missing (required: ["m"])',
        '/n: "x" is not an integer (type: integer)',
    ]


def test_document_order_whatever_the_schema_s() -> None:
    schema = {"properties": {name: {"type": "null"} for name in "abc"}, "required": ["z"]}
    value = {"c": 1, "a": [1], "b": 2}
    assert [v.pointer for v in validate(schema, value)] == ["", "/c", "/a", "/b"]


def test_the_number_is_bounded_and_so_is_the_time() -> None:
    with effort(400):
        assert len(validate({"items": {"type": "string"}}, [1] * 300_000)) == 100
        required = {"required": [f"p{i}" for i in range(500)]}
        assert len(validate(required, {"big": ["x" * 10] * 200_000}, limit=50)) == 50


def test_no_cost_grows_with_the_square() -> None:
    many = {f"name {i}": i for i in range(20_000)}
    with effort(400):
        assert len(validate({"propertyNames": {"maxLength": 1}}, many)) == 100
        assert len(validate({"additionalProperties": False}, many)) == 100
        assert validate({"uniqueItems": True}, [{"a": i} for i in range(50_000)]) == ()
        # What can only be checked as a whole: the first fault, for each report holds a copy of it.
        whole = {"not": {"required": ["x"]}, "required": [f"p{i}" for i in range(500)]}
        assert len(validate(whole, {"big": ["x"] * 200_000})) == 1


def test_of_an_answer_of_any_size_the_same_is_told() -> None:
    schema = {
        "properties": {"a": {"type": "integer", "maximum": 3}, "b": {"items": {"propertyNames": {"maxLength": 1}}}},
        "required": ["c"],
        "additionalProperties": False,
    }
    small = {"a": 4, "b": [{"xy": 1}], "d": 1, "rest": []}
    large = small | {"rest": [0] * 2_000}
    told = [violation.message for violation in validate(schema, small)]
    assert told == [violation.message for violation in validate(schema, large)]
    assert len(told) == 5


@settings(max_examples=300)
@given(schemas(), SMALL)
def test_the_library_s_word_and_ours_agree(schema: dict[str, Any], value: Any) -> None:
    found = validate(schema, value)
    assert (found == ()) == compile_schema(schema).is_valid(value)
    assert found == validate(schema, value)
    for violation in found:
        assert resolve(value, violation.pointer) == violation.value
        if violation.rule != "false":
            assert resolve(schema, violation.schema_pointer) == violation.rule_value


def test_an_empty_name_is_kept_in_the_pointer() -> None:
    schema = {"properties": {"": {"properties": {"": {"type": "integer"}}}}}
    (found,) = validate(schema, {"": {"": "x"}})
    assert found.message == '//: "x" is not an integer (type: ["integer"])'


def test_where_nothing_is_named_every_property_is_told() -> None:
    schema = {"properties": {"a": {"additionalProperties": False}, "additionalProperties": False}}
    value = {"a": {"x": 1, "y": 2}, "additionalProperties": 1}
    assert [v.pointer for v in validate(schema, value)] == ["/a/x", "/a/y", "/additionalProperties"]


def test_the_caller_s_schema_cannot_be_used() -> None:
    with pytest.raises(InvalidInput, match="cannot be checked"):
        validate({"type": "x"}, 1)
    with pytest.raises(InvalidInput, match="cannot be checked"):
        validate({"$ref": "https://example.com"}, 1)


@pytest.mark.parametrize("levels", [251, 100_000])
def test_a_deep_value_is_refused_not_crashed(levels: int) -> None:
    value: Any = []
    for _ in range(levels):
        value = [value]
    with pytest.raises(InvalidInput, match="deeper than 250"):
        validate({"items": {"$ref": "#"}}, value)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(?=(a+)+$)", "^(a|aa)+\\1$", "^(.*a){25}$"])
def test_no_pattern_runs_away(pattern: str) -> None:
    schema = {"pattern": pattern}
    assert check_value(schema) == ()
    with effort(100):
        assert len(validate(schema, "a" * 30_000 + "b")) == 1


def test_a_pattern_that_would_is_said_not_to_match() -> None:
    assert "takes too many steps" in messages({"pattern": "^(a|a)*\\1$"}, "a" * 50_000 + "b")[0]


@pytest.mark.parametrize("pattern", ["(a", "((a{1,1000}){1,1000}){1,1000}", "\\Z"])
def test_a_pattern_that_cannot_be_used_is_no_schema(pattern: str) -> None:
    assert [p.pointer for p in check_value({"pattern": pattern})] == ["/pattern"]


def test_values_beyond_the_ordinary() -> None:
    assert validate({"type": "string", "maxLength": 1}, "\ud800") == ()
    assert validate({"const": "\ud800"}, "\ud800") == ()
    assert [v.pointer for v in validate({"additionalProperties": False}, {"\ud800": 1})] == ["/\ufffd"]
    assert messages({"maximum": 3}, Decimal("1e400")) == ["(whole answer): 1E+400 is more than 3 (maximum: 3)"]
    assert messages({"type": "integer", "maximum": 3}, 10**4000)[0].startswith("(whole answer): 1000")
    assert validate({"multipleOf": 0.01}, 4.35) == ()


@given(st.integers(0, 3))
def test_nothing_is_changed(number: int) -> None:
    schema, value = {"properties": {"a": {"type": "null"}}}, {"a": [number]}
    before = json.dumps([schema, value])
    validate(schema, value)
    assert json.dumps([schema, value]) == before
