"""The fold: pieces in, one answer out, whatever the network did to them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import APIStatusError, StreamFailed, StreamInterrupted
from playground.wire import events as ev
from playground.wire import limits
from playground.wire.answer import Answer
from playground.wire.exchange import Exchange, ExchangeBuilder, Prefix, fold
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.sse import EventDecoder
from tests.upstream import scripts
from tests.wire.values import REQUEST

PIECES = st.lists(
    st.tuples(st.sampled_from(["content", "reasoning_content", "reasoning"]), st.text(max_size=6))
    | st.tuples(st.integers(0, 3), st.text(max_size=6)),
    max_size=12,
)
Piece = tuple[str | int, str]


def deltas(pieces: list[Piece]) -> list[dict[str, Any]]:
    """`delta` objects; a tool call has its id and name in its first fragment."""
    seen: set[int] = set()
    made: list[dict[str, Any]] = []
    for kind, text in pieces:
        if isinstance(kind, str):
            made.append({kind: text})
            continue
        call: dict[str, Any] = {"index": kind, "function": {"arguments": text}}
        if kind not in seen:
            call = {"index": kind, "id": f"id_{kind}", "function": {"name": f"f{kind}", "arguments": text}}
        seen.add(kind)
        made.append({"tool_calls": [call]})
    return made


def stream_of(made: list[dict[str, Any]]) -> bytes:
    chunks = [scripts.chunk(delta) for delta in made]
    ending = [scripts.chunk({}, finish_reason="stop"), scripts.chunk(None, usage=scripts.usage())]
    return b"".join(scripts.sse(value) for value in [*chunks, *ending, "[DONE]"])


def exchange_of(*pieces: bytes) -> Exchange:
    """What the client makes of these bytes, at one second a piece."""
    builder = ExchangeBuilder(REQUEST)
    decoder = EventDecoder()

    def take(data: str, at_s: float) -> None:
        builder.apply(ev.ChunkReceived(at_s, data))
        if data != "[DONE]":
            for event in parse_chunk(data, at_s):
                builder.apply(event)

    for at, piece in enumerate(pieces):
        for sent in decoder.feed(piece):
            take(sent.data, float(at))
    for data in (sent.data for sent in decoder.finish()):
        take(data, float(len(pieces)))
    builder.apply(ev.Completed(float(len(pieces))))
    return builder.snapshot()


def joined(pieces: list[Piece], *kinds: str | int) -> str:
    return "".join(text for kind, text in pieces if kind in kinds and isinstance(kind, type(kinds[0])))


@given(PIECES)
def test_the_texts_are_the_joined_pieces(pieces: list[Piece]) -> None:
    exchange = exchange_of(stream_of(deltas(pieces)))
    answer = exchange.answer
    assert answer.content == joined(pieces, "content")
    assert answer.reasoning == joined(pieces, "reasoning_content", "reasoning")
    indexes = sorted({kind for kind, _ in pieces if isinstance(kind, int)})
    assert [call.to_wire() for call in answer.tool_calls] == [
        {"id": f"id_{i}", "type": "function", "function": {"name": f"f{i}", "arguments": joined(pieces, i)}}
        for i in indexes
    ]
    assert exchange.finish_reason == "stop"
    assert exchange.usage == scripts.usage()
    assert len(exchange.chunks) == len(pieces) + 3


@given(PIECES, st.data())
def test_a_stream_split_anywhere_is_the_same(pieces: list[Piece], data: st.DataObject) -> None:
    whole = stream_of(deltas(pieces))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    split = exchange_of(*(whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)))
    assert timeless(split) == timeless(exchange_of(whole))


def timeless(exchange: Exchange) -> dict[str, Any]:
    fields = {name: getattr(exchange, name) for name in Exchange.__dataclass_fields__ if name != "timings"}
    fields["chunks"] = [chunk.data for chunk in exchange.chunks]
    fields["pieces"] = [replace(piece, at_s=0) for piece in exchange.pieces]
    return fields


@given(PIECES)
def test_a_completion_of_the_same_answer_is_the_same_message(pieces: list[Piece]) -> None:
    streamed = exchange_of(stream_of(deltas(pieces)))
    completion = scripts.completion(streamed.answer.to_wire(), usage=scripts.usage())
    whole = fold(REQUEST, parse_completion(json.dumps(completion), 1.0))
    assert whole.answer.to_wire() == streamed.answer.to_wire()
    assert replace(whole.answer, tool_calls=(), reasoning_name="") == replace(
        streamed.answer, tool_calls=(), reasoning_name=""
    )
    assert (whole.usage, whole.id, whole.model) == (streamed.usage, streamed.id, streamed.model)


@given(PIECES)
def test_snapshots_are_prefixes_and_do_not_change(pieces: list[Piece]) -> None:
    builder = ExchangeBuilder(REQUEST)
    taken: list[tuple[Exchange, dict[str, Any]]] = []
    for at, delta in enumerate(deltas(pieces)):
        data = json.dumps(scripts.chunk(delta))
        for event in (ev.ChunkReceived(at, data), *parse_chunk(data, at)):
            builder.apply(event)
            taken.append((shot := builder.snapshot(), timeless(shot)))
    last = builder.snapshot()
    for shot, then in taken:
        assert timeless(shot) == then
        assert last.answer.content.startswith(shot.answer.content)
        assert last.answer.reasoning.startswith(shot.answer.reasoning)
        assert list(last.chunks[: len(shot.chunks)]) == list(shot.chunks)
        assert list(last.pieces[: len(shot.pieces)]) == list(shot.pieces)
        assert not shot.done
        calls = {call.index: call for call in last.answer.tool_calls}
        assert all(calls[c.index].arguments.startswith(c.arguments) for c in shot.answer.tool_calls)


def calls_of(*fragments: dict[str, Any]) -> list[dict[str, Any]]:
    answer = exchange_of(stream_of([{"tool_calls": [part]} for part in fragments])).answer
    return [call.to_wire() for call in answer.tool_calls]


def wire_call(number: str | None, name: str, arguments: str) -> dict[str, Any]:
    return {"id": number, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_calls_out_of_order_and_mixed() -> None:
    b = scripts.tool_call_fragments("g", "{", "}", index=1)
    a = scripts.tool_call_fragments("f", "[", "]", index=0)
    assert calls_of(b[0], b[1], a[0], a[1], b[2], a[2]) == [
        wire_call("call_0", "f", "[]"),
        wire_call("call_1", "g", "{}"),
    ]


def test_a_call_without_an_id_gets_one() -> None:
    assert calls_of({"index": 3, "function": {"name": "f", "arguments": "{}"}}) == [wire_call("call_3", "f", "{}")]


def test_two_calls_in_one_chunk_without_an_index() -> None:
    both = [
        {"id": "a", "function": {"name": "f", "arguments": "1"}},
        {"id": "b", "function": {"name": "g", "arguments": None}},
    ]
    answer = exchange_of(stream_of([{"tool_calls": both}])).answer
    assert [call.to_wire() for call in answer.tool_calls] == [wire_call("a", "f", "1"), wire_call("b", "g", "")]


def test_one_call_without_an_index_over_many_chunks() -> None:
    parts: list[dict[str, Any]] = [
        {"id": "a", "function": {"name": "f", "arguments": None}},
        {"function": {"arguments": "{"}},
        {"id": "a", "function": {"name": None, "arguments": "}"}},
    ]
    assert calls_of(*parts) == [wire_call("a", "f", "{}")]


def test_two_choices() -> None:
    chunks: list[Any] = [
        {"choices": [{"index": 1, "delta": {"content": "b"}}]},
        {"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "B"}}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    exchange = exchange_of(b"".join(map(scripts.sse, chunks)))
    assert exchange.answers == (Answer("a", finish_reason="stop"), Answer("bB", finish_reason="length"))


def test_logprobs_refusal_and_the_model() -> None:
    token = {"token": "a", "logprob": -0.5}
    events: list[ev.StreamEvent] = [
        ev.Identified(0, "id", None),
        ev.Identified(0, None, "test/echo"),
        ev.LogprobsDelta(0, (token,)),
        ev.LogprobsDelta(1, (token,)),
        ev.RefusalDelta(1, "No."),
    ]
    exchange = fold(REQUEST, events)
    assert (exchange.id, exchange.model) == ("id", "test/echo")
    assert exchange.answer.logprobs == (token, token)
    assert exchange.answer.to_wire() == {"role": "assistant", "content": "", "refusal": "No."}


@pytest.mark.parametrize("place", ["own", "finish", "middle", "every"])
def test_usage_in_every_place(place: Any) -> None:
    sent = b"".join(scripts.stream_events(usage=scripts.usage(), usage_in=place))
    assert exchange_of(sent).timings.completion_tokens == 5


def test_too_many_chunks_are_counted_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_RAW_BYTES", 500)
    exchange = fold(REQUEST, [ev.ChunkReceived(0, "x" * 4)] * 5)
    assert (len(exchange.chunks), exchange.dropped_chunks) == (2, 3)
    assert exchange.left_out[0].startswith("3 raw events not kept")


def test_how_it_ends() -> None:
    error = StreamInterrupted("m")
    begun: list[ev.StreamEvent] = [ev.ContentDelta(1.0, "a")]
    failed = fold(REQUEST, [*begun, ev.Failed(2.0, error)])
    assert (failed.done, failed.error, failed.answer.content, failed.timings.e2e_s) == (True, error, "a", 2.0)
    stopped = fold(REQUEST, [*begun, ev.Stopped(3.0)])
    assert (stopped.done, stopped.stopped, stopped.error, stopped.timings.e2e_s) == (True, True, None, 3.0)
    shot = fold(REQUEST, begun)
    assert not shot.done
    assert (shot.stop(4.0).stopped, shot.stop(4.0).done, shot.stop(4.0).timings.e2e_s) == (True, True, 4.0)
    assert shot.stop().timings.e2e_s == 1.0
    assert (shot.fail(error).done, shot.fail(error).error) == (True, error)
    assert shot.stop().answer.content == "a"


def test_a_stopped_exchange_has_its_gaps() -> None:
    events = [event for at in (1.0, 1.5, 2.5) for event in (ev.ChunkReceived(at, ""), ev.ContentDelta(at, "a"))]
    assert fold(REQUEST, events).stop().timings.itl_s == (0.5, 1.0)
    assert fold(REQUEST, [*events, ev.Stopped(3.0)]).timings.itl_s == (0.5, 1.0)


def test_the_request_id() -> None:
    started = ev.ResponseStarted(0, 200, "OK", (("X-Request-Id", "a"),), ())
    assert fold(REQUEST, [started]).request_id == "a"
    assert fold(REQUEST, []).request_id is None
    assert fold(REQUEST, [ev.Failed(0, APIStatusError("m", status_code=500, request_id="b"))]).request_id == "b"
    failed = StreamFailed("m", metadata={"metadata": {"request_id": "c"}})
    assert fold(REQUEST, [ev.Failed(0, failed)]).request_id == "c"
    assert fold(REQUEST, [ev.Failed(0, StreamFailed("m", metadata={"request_id": "d"}))]).request_id == "d"
    assert fold(REQUEST, [ev.Failed(0, StreamFailed("m", metadata={"request_id": 5}))]).request_id == "5"


def test_a_prefix() -> None:
    items = [1, 2, 3]
    prefix = Prefix(items, 2)
    items.append(4)
    assert list(prefix) == [1, 2]
    assert (prefix[0], prefix[-1], prefix[:9], prefix[::-1], len(prefix)) == (1, 2, [1, 2], [2, 1], 2)
    with pytest.raises(IndexError):
        prefix[2]
