"""The schema that the embedded model's calls are constrained to."""

from typing import Any

import pytest

from playground.engines.embedded.tools.schema import MAX_ITEMS, MAX_LENGTH, answer_schema, bounded

TEXT = {"type": "string", "maxLength": MAX_LENGTH}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string"}, TEXT),
        ({"type": "string", "maxLength": 9}, {"type": "string", "maxLength": 9}),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "pattern": "^a$"}, {"type": "string", "pattern": "^a$"}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": TEXT, "maxItems": MAX_ITEMS}),
        ({"type": "array", "minItems": 12}, {"type": "array", "minItems": 12, "maxItems": 12}),
        ({"type": "array", "maxItems": 2}, {"type": "array", "maxItems": 2}),
        ({"properties": {"type": {"type": "string"}}}, {"properties": {"type": TEXT}}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"$defs": {"a": {"type": "string"}}}, {"$defs": {"a": TEXT}}),
        ({"default": {"type": "string"}}, {"default": {"type": "string"}}),
        (True, True),
    ],
)
def test_every_text_and_list_has_an_end(schema: Any, made: Any) -> None:
    assert bounded(schema) == made


def test_what_was_given_is_not_changed() -> None:
    parameters = {"type": "object", "properties": {"code": {"type": "string"}}}
    schema = answer_schema([{"name": "f", "parameters": parameters}], None)
    assert schema["properties"]["arguments"]["properties"]["code"] == TEXT
    assert parameters["properties"] == {"code": {"type": "string"}}
