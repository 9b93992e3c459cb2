"""Small documents, and leaving before the end."""

import asyncio
import gc
from contextlib import aclosing
from typing import Any

import pytest

from playground.client import Client
from playground.errors import (
    APIStatusError,
    ConnectFailed,
    PlaygroundError,
    RequestTimeout,
    StreamProtocolError,
)
from playground.wire import events as ev
from tests.client.asking import KEY, to
from tests.upstream import Script, Upstream, scripts


async def test_get_json(client: Client, upstream: Upstream) -> None:
    listed = await client.get_json(f"{upstream.base_url}/models", key=KEY)
    assert [entry["id"] for entry in listed["data"]] == list(scripts.MODEL_IDS)
    assert upstream.requests[0].header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (scripts.unauthorized(), APIStatusError),
        (scripts.html_instead_of_stream(), StreamProtocolError),
        (scripts.body(b"\xff"), StreamProtocolError),
        (scripts.cut_first(), ConnectFailed),
        (scripts.stall_first(), RequestTimeout),
        (scripts.stall_first(head=True), RequestTimeout),
    ],
)
async def test_get_json_fails(client: Client, upstream: Upstream, script: Script, kind: type[PlaygroundError]) -> None:
    upstream.on("/v1/models", script)
    with pytest.raises(kind):
        await client.get_json(f"{upstream.base_url}/models", key=KEY, timeout_s=0.2)


async def test_get_text(client: Client, upstream: Upstream) -> None:
    upstream.on("/metrics", scripts.body(b"up 1\n\xff", content_type="text/plain"))
    assert await client.get_text(f"{upstream.origin}/metrics", key=KEY) == "up 1\n\ufffd"
    assert upstream.requests[0].header("authorization") == f"Bearer {KEY}"
    upstream.on("/metrics", scripts.router_error(403, f"{KEY} may not."))
    with pytest.raises(APIStatusError) as caught:
        await client.get_text(f"{upstream.origin}/metrics", key=KEY)
    assert KEY not in str(caught.value.to_dict())


async def test_get_json_takes_no_document_without_end(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", scripts.body(b"[" + b" " * (9 * 2**20) + b"]"))
    with pytest.raises(StreamProtocolError, match="is longer than"):
        await client.get_json(f"{upstream.base_url}/models")


@pytest.mark.parametrize("after", [ev.ResponseStarted, ev.FirstByte, ev.ContentDelta])
async def test_closing_ends_the_request_and_leaves_nothing(client: Client, upstream: Upstream, after: Any) -> None:
    upstream.enqueue(scripts.stall_between())
    before = asyncio.all_tasks()
    async with aclosing(client.events(to(upstream.base_url), KEY)) as events:
        async for event in events:
            if isinstance(event, after):
                break
    await upstream.wait_for_disconnect(timeout_s=1)
    gc.collect()
    await upstream.wait_until(lambda: True)
    async with asyncio.timeout(1):
        while left := {task for task in asyncio.all_tasks() - before if "Connection" not in repr(task.get_coro())}:
            await asyncio.wait(left)
