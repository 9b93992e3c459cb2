"""What is written of an exchange is read back as it was, and what was not written so is refused with its place."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import (
    APIStatusError,
    ConnectFailed,
    InvalidRecord,
    PlaygroundError,
    RequestTimeout,
    StreamFailed,
    StreamInterrupted,
    StreamProtocolError,
)
from playground.wire import events as ev
from playground.wire.answer import Answer, ToolCall
from playground.wire.exchange import Exchange, ExchangeBuilder, Piece
from playground.wire.metrics import Timings
from playground.wire.parse import parse_chunk
from playground.wire.prepared import Auth, PreparedRequest
from playground.wire.record import VERSION, read_exchange, write_exchange
from tests.upstream import scripts
from tests.wire.values import JSON_OBJECTS

TEXT = st.text(max_size=20)
SECONDS = st.floats(0, 1e6, allow_nan=False)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
OBJECTS = st.dictionaries(TEXT, st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT, max_size=3)
REQUESTS = st.builds(
    PreparedRequest,
    TEXT,
    TEXT,
    st.none() | TEXT,
    PAIRS,
    st.binary(max_size=40) | TEXT.map(str.encode),
    st.integers(1, 9),
    st.sampled_from(Auth),
)
CALLS = st.builds(ToolCall, st.integers(0, 9), st.none() | TEXT, TEXT, TEXT, OBJECTS, st.booleans())
ANSWERS = st.builds(
    Answer,
    TEXT,
    TEXT,
    TEXT,
    st.lists(CALLS, max_size=2).map(tuple),
    st.lists(OBJECTS, max_size=2).map(tuple),
    st.none() | TEXT,
    TEXT,
    OBJECTS,
)
TIMINGS = st.builds(
    Timings,
    **dict.fromkeys(("connect_s", "headers_s", "first_byte_s", "last_delta_s", "e2e_s"), st.none() | SECONDS),
    connection_reused=st.booleans(),
    itl_s=st.lists(SECONDS, max_size=3).map(tuple),
    completion_tokens=st.none() | st.integers(0, 9),
)
ERRORS = st.sampled_from(
    [
        ConnectFailed("No.", url="http://h/v1", advice="Start it."),
        RequestTimeout("No.", url="http://h/v1", phase="connect", timeout_s=5.0),
        APIStatusError("No.", status_code=400, code="c", param="p", type="t", retry_after_s=1.5, metadata={"a": [1]}),
        StreamProtocolError("No.", excerpt="{"),
        StreamFailed("No.", code=502, type="t", metadata={"provider": None}),
        StreamInterrupted("No."),
        PlaygroundError("No."),
    ]
)
EXCHANGES = st.builds(
    Exchange,
    REQUESTS,
    status_code=st.none() | st.integers(100, 599),
    reason=TEXT,
    request_headers=PAIRS,
    response_headers=PAIRS,
    id=st.none() | TEXT,
    model=st.none() | TEXT,
    answers=st.lists(ANSWERS, min_size=1, max_size=3).map(tuple),
    usage=st.none() | JSON_OBJECTS,
    timings=TIMINGS,
    chunks=st.lists(st.builds(ev.ChunkReceived, SECONDS, TEXT), max_size=3).map(tuple),
    dropped_chunks=st.integers(0, 9),
    pieces=st.lists(st.builds(Piece, SECONDS, TEXT, TEXT, st.integers(0, 9)), max_size=3).map(tuple),
    kept_bytes=st.integers(0, 9),
    left_out=st.lists(TEXT, max_size=2).map(tuple),
    error=st.none() | ERRORS,
    stopped=st.booleans(),
    done=st.booleans(),
)


def through(exchange: Exchange) -> Exchange:
    return read_exchange(json.loads(json.dumps(write_exchange(exchange))))


def told(error: PlaygroundError | None) -> Any:
    return error and (type(error), str(error), vars(error))


@given(EXCHANGES)
def test_what_is_read_is_what_was_written(exchange: Exchange) -> None:
    found = through(exchange)
    assert told(found.error) == told(exchange.error)
    assert replace(found, error=None) == replace(exchange, error=None)


def test_one_that_was_folded_from_a_stream() -> None:
    builder = ExchangeBuilder(PreparedRequest("POST", "http://h/v1", "KEY", (("A", "b"),), b"{}"))
    deltas: list[dict[str, Any]] = [
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm", "index": 0}]},
        {"content": "Grüße \u2028 🌍"},
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}, "extra_content": {}}]},
    ]
    builder.apply(ev.ResponseStarted(0.1, 200, "OK", (("X-Request-Id", "r1"),), ()))
    for at_s, delta in enumerate(deltas, 1):
        data = json.dumps(scripts.chunk(delta))
        for event in (ev.ChunkReceived(at_s, data), *parse_chunk(data, at_s)):
            builder.apply(event)
    builder.apply(ev.Completed(4.0))
    exchange = builder.snapshot()
    found = through(exchange)
    assert found == exchange
    assert (found.request_id, found.timings.to_dict()) == ("r1", exchange.timings.to_dict())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": VERSION + 1}, "a later version"),
        ({"version": 0}, "at version"),
        ({"request": None}, "at request"),
        ({"answers": []}, "at answers"),
        ({"answers": [{"content": 5}]}, "at answers.0.content"),
        ({"events": [[0.1]]}, "at events.0"),
        ({"more": 1}, "at more"),
        ({"request": {"method": "POST", "url": "u", "body": {"base64": "*"}}}, "at request.body"),
    ],
)
def test_what_was_not_written_so(change: dict[str, Any], said: str) -> None:
    document = write_exchange(Exchange(PreparedRequest("POST", "u", None, (), b"{}"))) | change
    with pytest.raises(InvalidRecord, match=said):
        read_exchange(document)


@pytest.mark.parametrize("document", [None, [], "x", {}])
def test_what_is_no_document(document: Any) -> None:
    with pytest.raises(InvalidRecord):
        read_exchange(document)


def test_an_error_of_a_kind_that_is_not_known_says_the_same() -> None:
    document = write_exchange(Exchange(PreparedRequest("POST", "u", None, (), b"{}")))
    found = read_exchange(document | {"error": {"kind": "Newer", "message": "No.", "advice": "Do."}}).error
    assert found is not None
    assert (type(found), found.message, found.advice) == (PlaygroundError, "No.", "Do.")
