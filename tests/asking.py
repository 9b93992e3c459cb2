"""Asking a server the way the app does: a prepared request, the client, the one loop."""

from typing import Any

from playground.client import Client
from playground.run import run
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest

MODEL = "smollm2"  # what the real engines serve it as; the embedded one takes any name
STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def request_to(base_url: str, content: str, **fields: Any) -> PreparedRequest:
    """One user message and `fields`; `messages` among them takes its place. Short and repeatable unless told."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": content}]}
    return prepare(ChatRequest.parse(body | {"max_tokens": 32, "temperature": 0, "seed": 1} | fields), Target(base_url))


async def ask(base_url: str, content: str, **fields: Any) -> Exchange:
    """The exchange, at its end, whatever it was."""
    client = Client()
    try:
        return [shot async for shot in run(request_to(base_url, content, **fields), client=client)][-1]
    finally:
        await client.aclose()
