"""The client against a server that misbehaves: every failure typed, every partial answer kept."""

import asyncio
import ssl

import pytest
import trustme

from playground.client import Client, Timeouts
from playground.run import run
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Script, Upstream, scripts

KEY = "sk-very-secret-key"
QUICK = Timeouts(connect_s=2, first_byte_s=0.5, between_chunks_s=0.5)


def prepared(base_url: str, *, stream: bool = True) -> PreparedRequest:
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hi there"}]}
    return prepare(ChatRequest.parse(body), Target(base_url, "TEST_API_KEY"))


async def last_of(base_url: str, *, verify: ssl.SSLContext | None = None) -> Exchange:
    client = Client(QUICK, verify=verify)
    seen = [exchange async for exchange in run(prepared(base_url), client=client, key=KEY)]
    await client.aclose()
    exchange = seen[-1]
    assert exchange.done
    assert KEY not in repr(exchange)
    assert KEY not in str(exchange.error and exchange.error.to_dict())
    return exchange


@pytest.mark.parametrize(
    ("script", "error", "kept"),
    [
        (scripts.cut_stream(), "StreamInterrupted", True),
        (scripts.cut_stream(reset=True), "StreamInterrupted", True),
        (scripts.malformed_chunk(), "StreamProtocolError", True),
        (scripts.error_in_stream(), "StreamFailed", True),
        (scripts.stall_between(), "RequestTimeout", True),
        (scripts.half_character_at_cut(), "StreamInterrupted", False),
        (scripts.giant_line(10_000_000), "StreamProtocolError", False),
        (scripts.html_instead_of_stream(), "StreamProtocolError", False),
        (scripts.stall_first(), "RequestTimeout", False),
        (scripts.cut_first(reset=True), "ConnectFailed", False),
        (scripts.html_error(502), "APIStatusError", False),
        (scripts.empty_error(503), "APIStatusError", False),
        (scripts.rate_limited(), "APIStatusError", False),
        (scripts.insufficient_credits(), "APIStatusError", False),
        (scripts.sglang_unauthorized(), "APIStatusError", False),
    ],
)
async def test_failures_are_typed_and_keep_what_came(
    upstream: Upstream, script: Script, error: str, *, kept: bool
) -> None:
    upstream.enqueue(script)
    exchange = await last_of(upstream.base_url)
    assert type(exchange.error).__name__ == error
    assert bool(exchange.answer.content) is kept


@pytest.mark.parametrize(
    ("base_url", "error"),
    [
        ("http://127.0.0.1:1/v1", "ConnectFailed"),
        ("http://no-such-host.invalid/v1", "NameResolutionFailed"),
        ("ftp://127.0.0.1/v1", "ConnectFailed"),
        ("http://[::/v1", "ConnectFailed"),
    ],
)
async def test_no_connection(base_url: str, error: str) -> None:
    assert type((await last_of(base_url)).error).__name__ == error


async def test_an_untrusted_certificate_is_refused_and_a_trusted_one_is_not() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_side)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with Upstream(tls=server_side) as upstream:
        base_url = f"https://localhost:{upstream.port}/v1"
        assert type((await last_of(base_url)).error).__name__ == "TLSFailed"
        assert (await last_of(base_url, verify=trusting)).error is None


async def test_rate_limits_say_how_long_to_wait(upstream: Upstream) -> None:
    upstream.enqueue(scripts.rate_limited(retry_after="7"))
    exchange = await last_of(upstream.base_url)
    assert exchange.error is not None
    assert exchange.error.details()["retry_after_s"] == 7
    assert "7 s" in exchange.error.advice
    assert exchange.request_id


async def test_a_completion_in_place_of_a_stream_is_taken(upstream: Upstream) -> None:
    upstream.enqueue(scripts.json_instead_of_stream("whole"))
    assert (await last_of(upstream.base_url)).answer.content == "whole"


async def test_the_bytes_on_the_wire_are_the_prepared_ones(upstream: Upstream) -> None:
    await last_of(upstream.base_url)
    (request,) = upstream.requests
    assert request.body == prepared(upstream.base_url).body
    assert request.header("authorization") == f"Bearer {KEY}"


async def test_a_second_request_reuses_the_connection(upstream: Upstream) -> None:
    client = Client()
    for reused in (False, True):
        seen = [exchange async for exchange in run(prepared(upstream.base_url), client=client, key=KEY)]
        assert seen[-1].timings.connection_reused is reused
    await client.aclose()


async def test_closing_the_run_ends_the_request_at_the_server(upstream: Upstream) -> None:
    upstream.enqueue(scripts.stall_between())
    client = Client()
    snapshots = run(prepared(upstream.base_url), client=client, key=KEY)
    async for exchange in snapshots:
        if exchange.answer.content:
            break
    await snapshots.aclose()
    await upstream.wait_for_disconnect(timeout_s=1)
    await client.aclose()
    assert len(asyncio.all_tasks()) <= 3


async def test_snapshots_come_at_the_screens_rate(upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(["w "] * 300, per_second=1000))
    client = Client()
    seen = [exchange async for exchange in run(prepared(upstream.base_url), client=client, hz=20)]
    await client.aclose()
    assert len(seen) < 40
    assert seen[-1].answer.content == "w " * 300
    assert all(seen[-1].answer.content.startswith(one.answer.content) for one in seen)
