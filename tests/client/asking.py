"""A request to ask with, and what must hold of every exchange."""

import json

from playground.client import Client
from playground.errors import (
    PlaygroundError,
)
from playground.wire import events as ev
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Script, Upstream

KEY = "sk-recognisable-4711"
HELLO = ChatRequest.parse(
    {"model": "test/echo", "messages": [{"role": "user", "content": "Grüße 'n\u2028 🌍"}], "stream": True, "x": 1.0}
)


def to(base_url: str, request: ChatRequest = HELLO) -> PreparedRequest:
    return prepare(request, Target(base_url, "THEROUTER_API_KEY"))


async def exchange(client: Client, base_url: str, key: str | None = KEY, *, request: ChatRequest = HELLO) -> Exchange:
    """The whole exchange; on the way: exactly one end, times in order, and no key anywhere."""
    prepared = to(base_url, request)
    builder = ExchangeBuilder(prepared)
    seen: list[ev.StreamEvent] = []
    async for event in client.events(prepared, key):
        builder.apply(event)
        seen.append(event)
    ends = [event for event in seen if isinstance(event, ev.Completed | ev.Failed)]
    assert ends == seen[-1:]
    times = [event.at_s for event in seen]
    assert times == sorted(times)
    found = builder.snapshot()
    assert found.done
    said = repr(found) + repr(seen) + (json.dumps(found.error.to_dict()) + str(found.error) if found.error else "")
    assert KEY not in said
    return found


async def failure(client: Client, upstream: Upstream, script: Script) -> tuple[PlaygroundError, Exchange]:
    upstream.enqueue(script)
    found = await exchange(client, upstream.base_url)
    assert found.error is not None
    assert found.error.message
    assert json.loads(json.dumps(found.error.to_dict()))["message"] == found.error.message
    return found.error, found
