"""A request that is stopped frees the engine."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from playground.client import Client
from playground.run import run
from tests.asking import STREAMED, request_to
from tests.real_engines.running import Running

ESSAY = "Write a very long essay about the sea."
LONG = {"max_tokens": 1900, "ignore_eos": True}  # minutes of work
FREE_S = 20.0


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


async def until_running(server: Running, number: int) -> None:
    """Polled, since both engines write their gauges now and then only."""
    deadline = time.monotonic() + FREE_S
    while (running := await asyncio.to_thread(server.requests_running)) != number:
        assert time.monotonic() < deadline, f"{running} requests are running, not {number}"
        await asyncio.sleep(0.2)


async def test_stop_of_a_stream_frees_it(server: Running, client: Client) -> None:
    request = request_to(server.base_url, ESSAY, **LONG, **STREAMED)
    async with aclosing(run(request, client=client)) as shots:
        async for shot in shots:
            if len(shot.pieces) > 3:
                break
        await until_running(server, 1)
    assert shot.error is None
    await until_running(server, 0)


async def test_stop_before_the_answer_frees_it(server: Running, client: Client) -> None:
    async def drain() -> None:
        async for _ in run(request_to(server.base_url, ESSAY, **LONG), client=client):
            pass

    task = asyncio.create_task(drain())
    await until_running(server, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_running(server, 0)
