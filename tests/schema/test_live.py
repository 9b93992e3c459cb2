import json
from time import process_time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from playground.schema.live import LiveValidator
from playground.schema.partial import PartialJson
from playground.schema.validate import validate
from playground.schema.violation import Violation
from tests.schema.values import SMALL, schemas

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "items": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/item"}},
        "note": {"anyOf": [{"$ref": "#/$defs/item"}, {"type": "null"}]},
        "either": {"anyOf": [{"type": "object", "required": ["k"]}, {"type": "object", "required": ["z"]}]},
    },
    "required": ["id", "total"],
    "additionalProperties": False,
    "$defs": {
        "item": {
            "type": "object",
            "properties": {"price": {"type": "number"}},
            "required": ["price"],
            "additionalProperties": False,
        }
    },
}


def stream(schema: Any, text: str, step: int = 1) -> list[tuple[int, Violation]]:
    """Each violation with the number of characters that had come when it was told."""
    parser, live = PartialJson(), LiveValidator(schema)
    found = []
    for place in range(0, len(text), step):
        ops = parser.feed(text[place : place + step])
        found += [(place + step, violation) for violation in live.apply(ops)]
    return found + [(len(text), violation) for violation in live.apply(parser.finish())]


def test_each_is_told_as_soon_as_it_is_complete() -> None:
    text = '{"id": "1", "items": [{"price": "12"}], "note": {"x": 1}, "either": {"q": [1]}, "more": {}}'
    found = [(text[:seen].rsplit(" ", 1)[-1], v.pointer, v.rule) for seen, v in stream(ORDER, text)]
    assert found == [
        ('"1"', "/id", "type"),
        ('"12"', "/items/0/price", "type"),
        ('"12"}]', "/items", "minItems"),
        ("1", "/note/x", "additionalProperties"),
        ("1}", "/note", "required"),
        ("[1]}", "/either", "anyOf"),
        ("{", "/more", "additionalProperties"),
        ("{}}", "", "required"),
    ]


def key(violation: Violation) -> tuple[str, str, str]:
    return violation.pointer, violation.rule, violation.schema_pointer


@settings(max_examples=400)
@given(schemas(), SMALL, st.integers(1, 9))
def test_at_the_end_it_has_found_what_validate_finds(schema: dict[str, Any], value: Any, step: int) -> None:
    live = [violation for _, violation in stream(schema, json.dumps(value), step)]
    assert (live == []) == (validate(schema, value) == ())


@settings(max_examples=300)
@given(schemas(strict=True), SMALL)
def test_and_of_plain_schemas_the_very_same(schema: dict[str, Any], value: Any) -> None:
    live = {key(violation) for _, violation in stream(schema, json.dumps(value))}
    assert live >= {key(v) for v in validate(schema, value) if v.rule not in {"anyOf", "oneOf"}}


def test_a_recursive_schema() -> None:
    schema = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}}, "required": ["n"]}
    text = '{"n": 1, "kids": [{"kids": []}, {"n": 2, "kids": [3]}]}'
    assert [v.pointer for _, v in stream(schema, text)] == ["/kids/0", "/kids/1/kids/0"]


def test_references_by_anchor_and_with_an_id_of_their_own() -> None:
    schema = {"items": {"$ref": "#n"}, "$defs": {"a": {"$anchor": "n", "type": "number"}}}
    assert [v.pointer for _, v in stream(schema, '[1, "x"]')] == ["/1"]
    schema = {"$id": "https://example.com/r", "items": {"$ref": "i"}, "$defs": {"a": {"$id": "i", "type": "number"}}}
    assert [v.pointer for _, v in stream(schema, '[1, "x"]')] == ["/1"]


def test_depth_ends_it_and_crashes_nothing() -> None:
    parser, live = PartialJson(), LiveValidator({"items": {"$ref": "#"}})
    assert live.apply(parser.feed("[" * 100_000 + "1" + "]" * 100_000)) == ()
    assert live.gave_up


def test_the_number_told_is_bounded() -> None:
    parser, live = PartialJson(), LiveValidator({"items": {"type": "string"}}, limit=3)
    assert len(live.apply(parser.feed(json.dumps([1] * 50)))) == 3
    assert (live.count, live.is_full) == (50, True)


def test_the_time_is_linear() -> None:
    def seconds(rows: int, schema: Any) -> float:
        text = json.dumps({"id": 1, "total": 2, "items": [{"price": i} for i in range(rows)]})
        start = process_time()
        stream(schema, text, 4)
        return process_time() - start

    for schema in (ORDER, {"oneOf": [ORDER, {"type": "object", "required": ["x"]}], "$defs": ORDER["$defs"]}):
        small = min(seconds(1_000, schema) for _ in range(3))
        assert seconds(10_000, schema) < 20 * small


def test_a_cut_answer_keeps_what_was_found() -> None:
    assert [v.pointer for _, v in stream(ORDER, '{"id": "1", "items": [{"pri')] == ["/id"]
