"""Exchanges to draw, folded from real events."""

import json
from typing import Any

from playground.errors import PlaygroundError
from playground.wire import events as ev
from playground.wire.exchange import Exchange, fold
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import scripts

KEY = "sk-recognisable"


def request_of(text: str = "Hi", url: str = "http://127.0.0.1:9/v1") -> PreparedRequest:
    data = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return prepare(ChatRequest.parse(data), Target(url, "THEROUTER_API_KEY"))


def streamed(
    *deltas: dict[str, Any],
    request: PreparedRequest | None = None,
    model: str = "test/echo",
    usage: dict[str, Any] | None = None,
    finish_reason: str | None = "stop",
    headers: tuple[tuple[str, str], ...] = (("x-request-id", "req_1"),),
    error: PlaygroundError | None = None,
    gap_s: float = 0.01,
    end: bool = True,
) -> Exchange:
    """A stream of these deltas, `gap_s` apart, from 0.1 s on."""
    request = request or request_of()
    events: list[ev.StreamEvent] = [
        ev.Connected(0.02, reused=False),
        ev.ResponseStarted(0.05, 200, "OK", headers, request.shown_headers()),
        ev.FirstByte(0.09),
    ]
    at_s = 0.1
    chunks = [scripts.chunk(delta, model=model) for delta in deltas]
    if finish_reason:
        chunks.append(scripts.chunk({}, finish_reason=finish_reason, model=model))
    if usage:
        chunks.append(scripts.chunk(None, model=model, usage=usage))
    for value in chunks:
        data = json.dumps(value)
        events += [ev.ChunkReceived(at_s, data), *parse_chunk(data, at_s)]
        at_s += gap_s
    if error:
        events.append(ev.Failed(at_s, error))
    elif end:
        events.append(ev.Completed(at_s))
    return fold(request, events)


def whole(message: dict[str, Any], **fields: Any) -> Exchange:
    """An answer that came as one body."""
    request = request_of()
    data = json.dumps(scripts.completion(message, **fields))
    events = [
        ev.ResponseStarted(0.05, 200, "OK", (("content-type", "application/json"),), request.shown_headers()),
        ev.ChunkReceived(0.2, data),
        *parse_completion(data, 0.2),
        ev.Completed(0.2),
    ]
    return fold(request, events)
