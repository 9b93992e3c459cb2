"""The real TheRouter, when there is a key for it."""

import os
from collections.abc import AsyncIterator

import pytest

from playground.client import Client
from playground.run import run
from playground.wire.exchange import Exchange
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest

KEY_NAME = "THEROUTER_API_KEY"
KEY = os.environ.get(KEY_NAME, "")
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not KEY, reason=f"{KEY_NAME} is not set: the real TheRouter is not asked"),
]
REQUEST = ChatRequest.parse(
    {
        "model": "deepseek/deepseek-v3.2",
        "messages": [{"role": "user", "content": "Answer with the one word: pong"}],
        "max_tokens": 16,
        "temperature": 0,
    }
)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


async def ask(client: Client, request: ChatRequest) -> Exchange:
    base_url = os.environ.get("PLAYGROUND_THEROUTER_BASE_URL", "https://api.therouter.ai/v1")
    prepared = prepare(request, Target(base_url, KEY_NAME))
    last = [shot async for shot in run(prepared, client=client, key=KEY)][-1]
    assert last.error is None, last.error.to_dict()
    assert "pong" in last.answer.content.lower()
    assert last.finish_reason
    assert KEY not in repr(last)
    return last


async def test_chat(client: Client) -> None:
    assert (await ask(client, REQUEST)).timings.completion_tokens


async def test_streaming(client: Client) -> None:
    last = await ask(client, REQUEST.replace(stream=True, stream_options={"include_usage": True}))
    assert last.timings.ttft_s is not None
    assert last.timings.completion_tokens
    assert last.chunks
