"""Chunks and completions, in all the forms that servers give them."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import StreamFailed, StreamProtocolError
from playground.wire import events as ev
from playground.wire.parse import parse_chunk, parse_completion
from tests.upstream import scripts
from tests.wire.values import JSON_VALUES


def chunk(value: Any) -> list[ev.StreamEvent]:
    return [event for event in parse_chunk(json.dumps(value), 1.0) if not isinstance(event, ev.Identified)]


def delta(**fields: Any) -> list[ev.StreamEvent]:
    return chunk({"choices": [{"index": 0, "delta": fields}]})


def test_a_chunk() -> None:
    found = list(parse_chunk(scripts.dump(scripts.chunk({"content": "a"}, finish_reason="stop")).decode(), 1.0))
    assert found == [
        ev.Identified(1.0, "chatcmpl-test-0001", "test/echo"),
        ev.ContentDelta(1.0, "a"),
        ev.Finished(1.0, "stop"),
    ]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_under_both_names(name: str) -> None:
    assert delta(**{name: "Hm"}) == [ev.ReasoningDelta(1.0, "Hm", name=name)]
    assert delta(**{name: None, "content": "a"}) == [ev.ContentDelta(1.0, "a")]


def test_reasoning_under_both_names_at_once_is_taken_once() -> None:
    assert delta(reasoning_content="Hm", reasoning="Hm") == [ev.ReasoningDelta(1.0, "Hm")]
    assert delta(reasoning_content="", reasoning="Hm") == [ev.ReasoningDelta(1.0, "Hm", name="reasoning")]
    assert delta(reasoning_content=None, reasoning={"effort": 1}) == [ev.FieldsDelta(1.0, {"reasoning": {"effort": 1}})]


def test_another_field_that_says_the_same_by_chance_is_kept() -> None:
    assert delta(reasoning="a", note="a") == [
        ev.ReasoningDelta(1.0, "a", name="reasoning"),
        ev.FieldsDelta(1.0, {"note": "a"}),
    ]


def test_refusal_and_parts() -> None:
    assert delta(refusal="No.") == [ev.RefusalDelta(1.0, "No.")]
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, "x", {"type": "text", "text": "b"}, {"text": 1}]
    others = [{"type": "image_url"}, {"text": 1}]
    assert delta(content=parts) == [ev.ContentDelta(1.0, "axb"), ev.FieldsDelta(1.0, {"content": others})]


@pytest.mark.parametrize("usage", [{"completion_tokens": 5}, {}])
@pytest.mark.parametrize("choices", [[], None, [{"index": 0, "delta": {}}], "absent"])
def test_usage_from_any_chunk(usage: dict[str, int], choices: Any) -> None:
    body = {"usage": usage} | ({} if choices == "absent" else {"choices": choices})
    assert chunk(body) == [ev.UsageReported(1.0, usage)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": None},
        {"choices": 5},
        {"choices": {"0": {}}},
        {"choices": [None, "x", 5]},
        {"choices": [{}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None, "tool_calls": None}, "finish_reason": None, "logprobs": None}]},
        {"choices": [{"delta": {"content": [], "tool_calls": 5, "refusal": []}, "logprobs": 5}]},
        {"choices": [{"delta": {"tool_calls": [None, "x"]}, "logprobs": {"content": 5}}]},
        {"choices": [{"delta": {"role": "assistant", "content": ""}, "logprobs": {"content": [None]}}]},
        {"usage": None, "error": None},
    ],
)
def test_nothing_where_there_is_nothing(body: Any) -> None:
    assert chunk(body) == []


def test_several_choices() -> None:
    assert chunk(
        {"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": "length"}, {"delta": {"content": "?"}}]}
    ) == [ev.ContentDelta(1.0, "b", 1), ev.Finished(1.0, "length", 1), ev.ContentDelta(1.0, "?", 1)]
    no_index = [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]
    assert chunk({"choices": no_index}) == [ev.ContentDelta(1.0, "a", 0), ev.ContentDelta(1.0, "b", 1)]


def test_logprobs() -> None:
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    found = chunk({"choices": [{"delta": {"content": "a"}, "logprobs": {"content": [token]}}]})
    assert found == [ev.ContentDelta(1.0, "a"), ev.LogprobsDelta(1.0, (token,))]


def test_tool_calls() -> None:
    assert delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "f", "arguments": ""}}]) == [
        ev.ToolCallDelta(1.0, 1, "b", "f")
    ]
    assert delta(tool_calls=[{"index": 1, "function": {"arguments": "{"}}, {"function": {"arguments": None}}]) == [
        ev.ToolCallDelta(1.0, 1, arguments="{"),
        ev.ToolCallDelta(1.0, 1),
    ]
    assert delta(tool_calls=[{}, {"function": None, "id": "", "index": None}, {"id": 7}]) == [
        ev.ToolCallDelta(1.0, 0),
        ev.ToolCallDelta(1.0, 1),
        ev.ToolCallDelta(1.0, 2, "7"),
    ]
    assert delta(tool_calls=[{"function": {"name": "f", "arguments": {"a": 1}}}]) == [
        ev.ToolCallDelta(1.0, 0, None, "f", '{"a":1}')
    ]


def test_an_error_object() -> None:
    with pytest.raises(StreamFailed, match=r"The provider stopped\.") as caught:
        chunk({"error": scripts.PROVIDER_ERROR, "choices": []})
    assert (caught.value.code, caught.value.type) == (502, "upstream_error")
    assert caught.value.metadata == {"metadata": scripts.PROVIDER_ERROR["metadata"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "It broke."}, "It broke."),
        ({"error": {}, "object": "error", "message": "flat"}, "flat"),
        ({"object": "error", "message": "flat", "type": "BadRequestError", "code": 400}, "flat"),
        ({"error": {"code": 1}}, '{"code":1}'),
        ({"error": True}, "true"),
    ],
)
def test_an_error_in_other_shapes(body: Any, said: str) -> None:
    with pytest.raises(StreamFailed) as caught:
        chunk(body)
    assert caught.value.message.endswith(said)


@pytest.mark.parametrize("data", ["", "{", "[]", "5", "null", '"text"', '{"a":NaN}', "[DONE"])
def test_what_is_no_json_object(data: str) -> None:
    for parse in (parse_chunk, parse_completion):
        with pytest.raises(StreamProtocolError) as caught:
            list(parse(data, 0.0))
        assert caught.value.excerpt == data


@pytest.mark.parametrize("body", [{}, {"choices": None}, {"choices": {}}, {"object": "list", "data": []}])
def test_a_completion_has_choices(body: Any) -> None:
    with pytest.raises(StreamProtocolError, match="no list of choices"):
        list(parse_completion(json.dumps(body), 0.0))


def test_half_a_surrogate_pair_in_an_answer_does_not_end_it() -> None:
    data = r'{"choices":[{"delta":{"content":"a\ud83d \ud83d\ude00 \\ud83d"}}]}'
    assert list(parse_chunk(data, 0.0)) == [ev.ContentDelta(0.0, "a\ufffd 😀 \\ud83d")]


@given(
    st.recursive(
        JSON_VALUES,
        lambda inner: st.dictionaries(
            st.sampled_from(
                "choices delta message content tool_calls function arguments logprobs usage index id".split()
            ),
            inner | st.lists(inner, max_size=3),
            max_size=5,
        ),
        max_leaves=20,
    )
)
def test_any_json_gives_events_or_a_typed_error(value: Any) -> None:
    for parse in (parse_chunk, parse_completion):
        with suppress(StreamProtocolError, StreamFailed):
            assert all(event.at_s == 2.0 for event in parse(json.dumps(value), 2.0))
