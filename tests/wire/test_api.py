"""A protocol is a value: a second one is prepared, sent and read with no change of the client."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import pytest

from playground.client import Client
from playground.wire import events as ev
from playground.wire.api import CHAT_COMPLETIONS, Api
from playground.wire.exchange import fold
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Upstream, scripts


@dataclass(frozen=True)
class Question:
    """A throw-away protocol's request."""

    text: str
    choices: int = 1

    @classmethod
    def parse_json(cls, text: str | bytes) -> Self:
        return cls(json.loads(text)["ask"])

    def to_wire(self) -> dict[str, Any]:
        return {"ask": self.text}

    @property
    def asked_format(self) -> Mapping[str, Any]:
        return {}


def read(data: str, at_s: float, *, one_choice: bool) -> Iterator[ev.StreamEvent]:
    said = json.loads(data)
    assert one_choice
    yield ev.ContentDelta(at_s, said["say"])
    if said.get("over"):
        yield ev.Finished(at_s, "over")


ASK = Api("ask", "ask", Question, read, read, lambda data: data == "bye")


@pytest.mark.parametrize("is_stream", [True, False])
async def test_another_protocol_needs_no_if(upstream: Upstream, *, is_stream: bool) -> None:
    body = b'data: {"say": "Good "}\n\ndata: {"say": "day", "over": true}\n\ndata: bye\n\n'
    whole = b'{"say": "Good day", "over": true}'
    upstream.on("/v1/ask", scripts.body(body, content_type="text/event-stream") if is_stream else scripts.body(whole))
    request = prepare(Question("How are you?"), Target(upstream.base_url), ASK)
    client = Client()
    exchange = fold(request, [event async for event in client.events(request)])
    await client.aclose()
    assert (exchange.error, exchange.answer.content, exchange.answer.finish_reason) == (None, "Good day", "over")
    (sent,) = upstream.requests
    assert (sent.path, json.loads(sent.body)) == ("/v1/ask", {"ask": "How are you?"})


def test_each_has_its_own_requests() -> None:
    with pytest.raises(TypeError, match="Question is not the request of chat_completions"):
        prepare(Question("?"), Target("http://x/v1"))
    with pytest.raises(TypeError, match="ChatRequest is not the request of ask"):
        prepare(ChatRequest.parse({"messages": []}), Target("http://x/v1"), ASK)


def test_the_format_that_is_asked_for_is_read_once() -> None:
    asked = {"type": "json_object"}
    request = ChatRequest.parse({"messages": [], "n": 3, "response_format": asked})
    prepared = prepare(request, Target("http://x/v1"))
    assert (prepared.api, prepared.n, prepared.asked_format) == (CHAT_COMPLETIONS, 3, asked)
    assert prepare(ChatRequest.parse({"messages": []}), Target("http://x/v1")).asked_format == {}
