"""A request is the JSON it was given: nothing added, nothing dropped, nothing moved."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import InvalidRequest
from playground.wire.request import ChatRequest
from tests.wire.values import JSON_OBJECTS, JSON_VALUES, same

HELLO = {"model": "test/echo", "messages": [{"role": "user", "content": "Hello"}]}
KNOWN = frozenset(ChatRequest.model_fields)
UNKNOWN = st.dictionaries(st.text(max_size=8).filter(lambda key: key not in KNOWN), JSON_VALUES, max_size=5)
MESSAGES = st.lists(
    st.builds(
        lambda extra, content: {"x_before": 1, "role": "user"} | extra | {"content": content},
        st.dictionaries(st.sampled_from(["x", "cache_control", "é"]), JSON_VALUES, max_size=2),
        st.text(max_size=10) | st.none() | st.lists(JSON_OBJECTS, max_size=2),
    ),
    max_size=3,
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Requests with known and unknown fields in any order."""
    fields = {"messages": draw(MESSAGES)} | draw(UNKNOWN)
    if draw(st.booleans()):
        fields["temperature"] = draw(st.integers(0, 2) | st.floats(0, 2))
    if draw(st.booleans()):
        fields["seed"] = draw(st.integers(0, 2**70))
    if draw(st.booleans()):
        fields["stream"] = draw(st.booleans() | st.none())
    order = draw(st.permutations(list(fields)))
    return {key: fields[key] for key in order}


@given(requests())
def test_what_was_given_is_what_there_is(data: dict[str, Any]) -> None:
    assert same(ChatRequest.parse(data).to_wire(), data)
    text = json.dumps(data)
    assert same(ChatRequest.parse_json(text).to_wire(), data)
    assert same(ChatRequest.parse_json(text.encode()).to_wire(), data)


@given(requests(), st.data())
def test_replace_keeps_the_place(data: dict[str, Any], draws: st.DataObject) -> None:
    key = draws.draw(st.sampled_from(sorted(data.keys() - {"messages"}) + ["seed", "x_new"]))
    before = ChatRequest.parse(data)
    after = before.replace(**{key: 5}) if key not in KNOWN or key == "seed" else before.replace(messages=[])
    keys = list(data)
    changed = key if key not in KNOWN or key == "seed" else "messages"
    assert list(after.to_wire()) == (keys if changed in data else [*keys, changed])
    assert same(before.to_wire(), data)


def test_the_kind_of_a_number_is_kept() -> None:
    for text in ("1", "1.0", "0", "0.5", "1e-07", "18446744073709551617", "-0.0"):
        value = ChatRequest.parse_json(f'{{"messages":[],"temperature":{text},"x":{text}}}').to_wire()
        assert json.dumps(value["temperature"]) == json.dumps(value["x"]) == text


def test_half_a_surrogate_pair_may_be_sent() -> None:
    value = ChatRequest.parse_json(r'{"messages":[{"role":"user","content":"\ud800"}]}').to_wire()
    assert value["messages"][0]["content"] == "\ud800"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ([], ""),
        ("text", ""),
        (None, ""),
        ({}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "a"}, {"role": 1}]}, "messages.1.role"),
        (HELLO | {"stream": "yes"}, "stream"),
        (HELLO | {"max_tokens": 1.0}, "max_tokens"),
        (HELLO | {"max_tokens": True}, "max_tokens"),
        (HELLO | {"tools": {}}, "tools"),
    ],
)
def test_what_is_no_request(data: Any, field: str) -> None:
    with pytest.raises(InvalidRequest, match="This is not a chat request") as caught:
        ChatRequest.parse(data)
    assert caught.value.field == field
    assert field in caught.value.message


@pytest.mark.parametrize("text", ["", "{", '{"messages": [],}', "nonsense", '{"a": NaN}', '{"a": -Infinity}'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(InvalidRequest, match="Invalid JSON"):
        ChatRequest.parse_json(text)


def test_where_it_is_no_json() -> None:
    with pytest.raises(InvalidRequest, match="at line 2, column 15"):
        ChatRequest.parse_json('{\n  "messages": ]\n}')


@pytest.mark.parametrize("data", [b"\xff", b'{"messages":[],"a":"\xc3"}'])
def test_bytes_that_are_no_utf8(data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="Invalid JSON"):
        ChatRequest.parse_json(data)


def test_too_deep_or_too_long_is_refused_not_a_crash() -> None:
    for text in ("[" * 100_000, '{"messages":[],"a":' + "9" * 10_000 + "}"):
        with pytest.raises(InvalidRequest, match="Invalid JSON"):
            ChatRequest.parse_json(text)


def test_whether_it_streams() -> None:
    assert ChatRequest.parse(HELLO | {"stream": True}).streams
    assert not ChatRequest.parse(HELLO | {"stream": False}).streams
    assert not ChatRequest.parse(HELLO | {"stream": None}).streams
    assert not ChatRequest.parse(HELLO).streams


def test_a_change_of_the_copy_does_not_reach_the_request() -> None:
    request = ChatRequest.parse(HELLO)
    request.to_wire()["model"] = "other"
    assert request.to_wire() == HELLO
