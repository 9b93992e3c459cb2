"""What takes a step for each of many ways is told or refused in time, what is only large is not."""

from functools import partial
from typing import Any

import pytest

from playground.errors import InvalidInput
from playground.schema.check import check_value
from playground.schema.cost import MAX_CHOICES, Cost
from playground.schema.live import LiveValidator, operations
from playground.schema.references import References
from playground.schema.validate import validate
from tests.effort import effort
from tests.steps import steps

TWICE = {
    "$defs": {
        "d": {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/d"}},
            "allOf": [{"properties": {"a": {"$ref": "#/$defs/d"}}}],
        }
    },
    "$ref": "#/$defs/d",
}
EITHER = {
    "anyOf": [
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["x"]},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["y"]},
        {"type": "number"},
    ]
}


def terms(*names: str) -> dict[str, Any]:
    """A grammar of expressions: alternatives told apart by a constant, as pydantic writes discriminated unions."""

    def term(name: str) -> dict[str, Any]:
        sides = {"left": {"$ref": "#/$defs/term"}, "right": {"$ref": "#/$defs/term"}}
        return {"type": "object", "properties": sides | {"op": {"const": name}}, "required": ["op", "left", "right"]}

    alternatives = [{"type": "number"}, *({"$ref": f"#/$defs/{name}"} for name in names)]
    return {"$ref": "#/$defs/term", "$defs": {name: term(name) for name in names} | {"term": {"anyOf": alternatives}}}


def nested(levels: int, leaf: Any, **more: Any) -> Any:
    name = "left" if more else "a"
    for _ in range(levels):
        leaf = {name: leaf} | more
    return leaf


def cost(schema: Any) -> Cost:
    return Cost(References(schema))


def test_ways_are_counted() -> None:
    assert cost({"type": "object", "properties": {"a": {"type": "string"}}}).ways(9) == 2
    assert cost({"items": {"$ref": "#"}}).ways(3) < cost({"items": {"$ref": "#"}}).ways(9) < 40
    assert cost(TWICE).ways(20) > 2**20
    assert cost(terms("a", "b", "c")).ways(20) > 3**20
    assert cost(terms("a", "b", "c")).ways(20, is_valid=True) < 2_000


@pytest.mark.parametrize("schema", [TWICE, EITHER])
@pytest.mark.parametrize("levels", [5, 12, 16, 40])
def test_many_ways_are_told_or_refused_in_time(schema: Any, levels: int) -> None:
    assert check_value(schema) == ()
    value = nested(levels, "bad")
    with effort(100):
        if cost(schema).fits(levels, levels + 1):
            assert validate(schema, value)
        else:
            assert levels > 10
            with pytest.raises(InvalidInput, match="too deep for this schema"):
                validate(schema, value)
        live = LiveValidator(schema)
        found = live.apply(tuple(operations(value)))
        assert found or live.gave_up


@pytest.mark.parametrize("levels", [1, 4, 8, 15])
def test_a_fault_deep_in_a_grammar_is_told_where_it_is(levels: int) -> None:
    schema = terms("add", "sub", "mul", "div")
    assert check_value(schema) == ()
    assert validate(schema, nested(levels, 1, right=2, op="mul")) == ()
    value = nested(levels, {"op": "add", "left": 1}, right=2, op="mul")
    with effort(100):
        (found,) = validate(schema, value)
        assert found.pointer == "/left" * levels
        assert found.reason == 'the property "right" is missing'
        (live,) = LiveValidator(schema).apply(tuple(operations(value)))
        assert (live.pointer, live.rule) == (found.pointer, found.rule)


def test_deeper_still_it_is_told_that_there_is_one() -> None:
    value = nested(60, {"op": "add", "left": 1}, right=2, op="mul")
    (found,) = validate(terms("add", "sub", "mul", "div"), value)
    assert found.pointer.startswith("/left/left")
    assert "too many branches of the schema" in found.reason


def test_large_but_plain_is_no_matter() -> None:
    alternatives = [
        {"type": "object", "properties": {"id": {"type": "string"}}, "required": [f"k{i}"]} for i in range(20)
    ]
    schema = {"items": {"anyOf": alternatives}}
    assert validate(schema, [{"id": "x", "k3": 1}] * 100_000) == ()


def test_of_very_many_alternatives_none_are_compared() -> None:
    def references(count: int) -> References:
        return References({"oneOf": [{"properties": {"a": {"const": str(n)}}} for n in range(count)]})

    few, many = (steps(partial(Cost, references(n))) for n in (MAX_CHOICES + 1, 10 * MAX_CHOICES + 10))
    assert many < 11 * few


def test_all_comparisons_together_have_an_end() -> None:
    def references(times: int) -> References:
        alike: dict[str, Any] = {str(n): {} for n in range(30)}
        one = [{"properties": alike | {"kind": {"const": str(n)}}} for n in range(MAX_CHOICES)]
        return References({"allOf": [{"oneOf": one}] * times})

    few, many = (steps(partial(Cost, references(times))) for times in (2, 20))
    assert many < 8 * few  # each of them alone would be 100 times as many


def test_each_level_is_worked_out_once() -> None:
    cost = Cost(References(TWICE))
    cost.ways(200)
    assert steps(lambda: [cost.ways(depth) for depth in range(200)]) < 2000
    assert [cost.ways(depth) for depth in (0, 1, 2)] == [Cost(References(TWICE)).ways(depth) for depth in (0, 1, 2)]
