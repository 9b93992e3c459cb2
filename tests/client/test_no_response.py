"""No complete response: each way to fail has its own error."""

import asyncio
import socket
import ssl

import pytest
import trustme

from playground.client import Client, Timeouts
from playground.errors import (
    ConnectFailed,
    NameResolutionFailed,
    PlaygroundError,
    RequestTimeout,
    TLSFailed,
)
from tests.client.asking import exchange, failure
from tests.upstream import Raw, Script, Upstream, scripts


async def test_a_refused_port(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = await exchange(client, f"http://127.0.0.1:{port}/v1")
    assert isinstance(found.error, ConnectFailed)
    assert str(port) in found.error.message
    assert found.timings.connect_s is found.status_code is None


async def test_a_name_without_an_address(client: Client) -> None:
    found = await exchange(client, "http://backend.invalid/v1")
    assert isinstance(found.error, NameResolutionFailed)


@pytest.mark.parametrize(
    "base_url", ["ftp://127.0.0.1/v1", "nonsense", "", "http://", "http://[::1/v1", "http://a b/v1", "http://\ud800/v1"]
)
async def test_what_is_no_url(client: Client, base_url: str) -> None:
    found = await exchange(client, base_url)
    assert isinstance(found.error, ConnectFailed | NameResolutionFailed)


async def test_tls() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with Upstream(tls=server) as upstream:
        for client in (Client(), Client(verify=trusting)):
            found = await exchange(client, upstream.base_url)
            await client.aclose()
            if found.error is None:
                assert found.answer.content.startswith("You said:")
                assert found.timings.connect_s
            else:
                assert isinstance(found.error, TLSFailed)
                assert "certificate" in found.error.message
        assert len(upstream.requests) == 1


async def test_https_to_a_port_that_speaks_http(client: Client) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        found = await exchange(client, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    assert isinstance(found.error, TLSFailed)
    assert "plain http" in found.error.advice


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_ends_before_the_response(client: Client, upstream: Upstream, *, reset: bool) -> None:
    error, _ = await failure(client, upstream, scripts.cut_first(reset=reset))
    assert isinstance(error, ConnectFailed)


async def test_what_is_no_http(client: Client, upstream: Upstream) -> None:
    error, _ = await failure(client, upstream, Script((Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),)))
    assert isinstance(error, PlaygroundError)


async def test_no_connection_in_time() -> None:
    client = Client(Timeouts(connect_s=0.2))
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        found = await exchange(client, f"http://127.0.0.1:{server.getsockname()[1]}/v1")
    await client.aclose()
    assert isinstance(found.error, RequestTimeout)
    assert (found.error.phase, found.error.timeout_s) == ("connect", 0.2)
    assert "PLAYGROUND_CONNECT_TIMEOUT_S" in found.error.advice


@pytest.mark.parametrize(
    ("script", "phase", "text"),
    [
        (scripts.stall_first(), "first_byte", ""),
        (scripts.stall_first(head=True), "first_byte", ""),
        (scripts.stall_between(after=2), "between_chunks", "Hello"),
    ],
)
async def test_nothing_in_time(upstream: Upstream, script: Script, phase: str, text: str) -> None:
    client = Client(Timeouts(first_byte_s=0.2, between_chunks_s=0.2))
    error, found = await failure(client, upstream, script)
    assert isinstance(error, RequestTimeout)
    assert (error.phase, error.timeout_s, found.answer.content) == (phase, 0.2, text)
    assert f"PLAYGROUND_{phase.upper()}_TIMEOUT_S" in error.advice
    await upstream.wait_for_disconnect(timeout_s=1)
    await client.aclose()
