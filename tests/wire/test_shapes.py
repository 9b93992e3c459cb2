"""Fields that stream are joined so that they can go back as one message's."""

from typing import Any

import pytest

from playground.wire.shapes import MAX_FIELDS_BYTES, Fields, text_of_reasoning, texts_of, with_texts

TEXT = "reasoning.text"


def joined(*deltas: dict[str, Any]) -> dict[str, Any]:
    fields = Fields()
    for delta in deltas:
        fields.add(delta)
    return fields.value()


@pytest.mark.parametrize(
    ("deltas", "whole"),
    [
        ([{"a": "x"}, {"a": "y"}], {"a": "xy"}),
        ([{"a": "x"}, {"a": None}], {"a": "x"}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"type": "t", "id": "1"}, {"type": "t", "id": "1"}], {"type": "t", "id": "1"}),
        ([{"a": "the same long string"}, {"a": "the same long string"}], {"a": "the same long string"}),
        ([{"a": "ha"}, {"a": "ha"}], {"a": "haha"}),
        ([{"a": {"b": "x"}}, {"a": {"b": "y", "c": 1}}], {"a": {"b": "xy", "c": 1}}),
        ([{"a": [1]}, {"a": [2]}], {"a": [1, 2]}),
        ([{"a": [{"url": "x"}]}, {"a": [{"url": "y"}]}], {"a": [{"url": "x"}, {"url": "y"}]}),
        ([{"a": "x"}, {"a": ["y"]}], {"a": ["y"]}),
    ],
)
def test_joining(deltas: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    assert joined(*deltas) == whole


def test_reasoning_details_by_index_and_type() -> None:
    first = {"type": TEXT, "text": "Let ", "format": "x-v1", "index": 0, "signature": None}
    sent = [
        [first],
        [{"type": TEXT, "text": "me.", "format": "x-v1", "index": 0}],
        [{"type": TEXT, "signature": "S", "index": 0}],
        [{"type": "reasoning.encrypted", "data": "ENC", "index": 0}],
        [{"type": TEXT, "text": "More.", "index": 1}],
    ]
    assert joined(*({"reasoning_details": each} for each in sent)) == {
        "reasoning_details": [
            {"type": TEXT, "text": "Let me.", "format": "x-v1", "index": 0, "signature": "S"},
            {"type": "reasoning.encrypted", "data": "ENC", "index": 0},
            {"type": TEXT, "text": "More.", "index": 1},
        ]
    }


def test_blocks_without_an_index_go_on_until_they_are_signed() -> None:
    sent = [{"thinking": "Let "}, {"thinking": "me."}, {"thinking": "", "signature": "S"}, {"thinking": "More."}]
    blocks = [{"type": "thinking", **each} for each in sent]
    assert joined(*({"thinking_blocks": [block]} for block in blocks)) == {
        "thinking_blocks": [
            {"type": "thinking", "thinking": "Let me.", "signature": "S"},
            {"type": "thinking", "thinking": "More."},
        ]
    }


def test_blocks_of_one_message_stay_apart() -> None:
    blocks = [{"type": "thinking", "thinking": "a"}, {"type": "thinking", "thinking": "b"}]
    assert joined({"thinking_blocks": blocks}) == {"thinking_blocks": blocks}


def test_mistrals_thinking_parts() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Let me "}]},
        {"type": "thinking", "thinking": [{"type": "text", "text": "think."}], "closed": True},
    ]
    (part,) = joined(*({"content": [part]} for part in parts))["content"]
    assert part == {"type": "thinking", "thinking": [{"type": "text", "text": "Let me think."}], "closed": True}


def test_what_was_handed_out_stays_as_it_was() -> None:
    fields, given = Fields(), {"a": [{"index": 0, "b": "x"}]}
    fields.add(given)
    before = fields.value()
    assert fields.value() is before
    fields.add({"a": [{"index": 0, "b": "y"}]})
    assert (before, given) == ({"a": [{"index": 0, "b": "x"}]},) * 2
    assert fields.value() == {"a": [{"index": 0, "b": "xy"}]}


def test_there_is_a_bound() -> None:
    fields = Fields()
    for number in range(10):
        fields.add({f"a{number}": "x" * (MAX_FIELDS_BYTES // 4)})
    assert fields.dropped == 6
    assert len(fields.value()) == 4
    many = Fields()
    for _ in range(3):
        many.add({"a": [0] * (MAX_FIELDS_BYTES // 60)})
    assert many.dropped == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hm", "hm"),
        ([{"type": "text", "text": "a"}, "b", {"text": "c"}], "abc"),
        ({"content": "hm"}, "hm"),
        ({"summary": [{"text": "hm"}]}, "hm"),
        ([{"type": "thinking", "thinking": [{"text": "hm"}]}], "hm"),
        ([{"type": "reasoning.encrypted", "data": "ENC"}], ""),
        ([{"type": "redacted_thinking", "data": "ENC"}], ""),
        ({"effort": 1}, ""),
        (5, ""),
    ],
)
def test_what_can_be_read(value: Any, text: str) -> None:
    assert text_of_reasoning(value) == text


def test_texts_and_back() -> None:
    value = {"a": "x", "b": [{"index": 3, "c": "y"}, {"c": "z"}, 1, None], "d": {}}
    assert list(texts_of(value)) == [("/a", "x"), ("/b/3/c", "y"), ("/b/*/c", "z")]
    assert with_texts(value, iter("XYZ")) == {"a": "X", "b": [{"index": 3, "c": "Y"}, {"c": "Z"}, 1, None], "d": {}}
