"""The client against a server that misbehaves: each failure has its own error, and what had come is kept."""

import asyncio
import gc
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trustme

from playground.client import OWN_HEADERS, Client, Timeouts
from playground.errors import (
    APIStatusError,
    ConnectFailed,
    InvalidRequest,
    NameResolutionFailed,
    PlaygroundError,
    RequestTimeout,
    StreamFailed,
    StreamInterrupted,
    StreamProtocolError,
    TLSFailed,
)
from playground.wire import events as ev
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Raw, Script, Sleep, Status, Upstream, Write, scripts

KEY = "sk-recognisable-4711"
HELLO = ChatRequest.parse(
    {"model": "test/echo", "messages": [{"role": "user", "content": "Grüße 'n\u2028 🌍"}], "stream": True, "x": 1.0}
)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


def to(base_url: str) -> PreparedRequest:
    return prepare(HELLO, Target(base_url, "THEROUTER_API_KEY"))


async def exchange(client: Client, base_url: str, key: str | None = KEY) -> Exchange:
    """The whole exchange; on the way: exactly one end, times in order, and no key anywhere."""
    builder = ExchangeBuilder(to(base_url))
    seen: list[ev.StreamEvent] = []
    async for event in client.events(to(base_url), key):
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


# What is sent


async def test_the_bytes_on_the_wire_are_the_prepared_ones(client: Client, upstream: Upstream) -> None:
    found = await exchange(client, upstream.base_url)
    (seen,) = upstream.requests
    prepared = to(upstream.base_url)
    assert seen.body == prepared.body
    assert (seen.method, seen.target) == ("POST", "/v1/chat/completions")
    sent = [(name.decode().lower(), value.decode()) for name, value in seen.headers]
    expected = OWN_HEADERS | {
        "host": f"127.0.0.1:{upstream.port}",
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "content-length": str(len(prepared.body)),
        "connection": "keep-alive",
    }
    assert sorted(sent) == sorted(expected.items())
    shown = {name.lower(): value for name, value in found.request_headers}
    assert shown == expected | {"authorization": "Bearer $THEROUTER_API_KEY"}
    assert found.answer.content == "You said: Grüße 'n\u2028 🌍"


async def test_a_large_body_is_the_same_bytes(client: Client, upstream: Upstream) -> None:
    request = prepare(HELLO.replace(messages=[{"role": "user", "content": "é" * 500_000}]), Target(upstream.base_url))
    upstream.enqueue(scripts.stream())
    async with aclosing(client.events(request)) as events:
        assert isinstance([event async for event in events][-1], ev.Completed)
    (seen,) = upstream.requests
    assert seen.body == request.body
    assert seen.header("content-length") == str(len(request.body))
    assert seen.header("transfer-encoding") is None


async def test_no_key_no_authorization(
    client: Client, upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert (await exchange(client, upstream.base_url, None)).error is None
    assert (await exchange(client, upstream.base_url)).error is None
    assert [seen.header("authorization") for seen in upstream.requests] == [None, f"Bearer {KEY}"]


async def test_a_proxy_of_the_environment_is_used(
    client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", upstream.origin.removeprefix("http://"))
    upstream.on("/v1/chat/completions", scripts.stream())
    assert (await exchange(client, "http://backend.invalid/v1")).error is None
    assert upstream.requests[0].target == "http://backend.invalid/v1/chat/completions"
    monkeypatch.setenv("no_proxy", "backend.invalid")
    assert isinstance((await exchange(client, "http://backend.invalid/v1")).error, NameResolutionFailed)


async def test_a_key_that_no_header_can_carry(client: Client, upstream: Upstream) -> None:
    for key in ("schlüssel 🌍", "two\r\nlines: x"):
        found = await exchange(client, upstream.base_url, key)
        assert isinstance(found.error, InvalidRequest)
        assert key not in repr(found)
        with pytest.raises(InvalidRequest, match="API key"):
            await client.get_json(f"{upstream.base_url}/models", key=key)
    assert upstream.requests == []


# Answers


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_a_stream(client: Client, upstream: Upstream, line_end: str, size: int) -> None:
    script = scripts.stream(
        reasoning=("Hm", "."),
        tool_calls=scripts.tool_call_fragments("f", "{", "}"),
        usage=scripts.usage(),
        comment="PROCESSING",
        line_end=line_end,
        headers=(("x-request-id", "req_1"),),
    )
    upstream.enqueue(scripts.resplit(script, size))
    found = await exchange(client, upstream.base_url)
    assert found.error is None
    assert (found.answer.content, found.answer.reasoning) == ("Hello, wörld 🌍!", "Hm.")
    assert found.answer.tool_calls[0].to_wire()["function"] == {"name": "f", "arguments": "{}"}
    assert (found.finish_reason, found.usage) == ("tool_calls", scripts.usage())
    assert (found.request_id, found.id, found.model) == ("req_1", "chatcmpl-test-0001", "test/echo")
    assert (found.status_code, found.reason) == (200, "OK")
    assert found.chunks[-1].data == "[DONE]"
    timings = found.timings
    assert timings.connect_s is not None
    assert timings.headers_s is not None
    assert timings.ttft_s is not None
    assert 0 < timings.connect_s <= timings.headers_s <= timings.ttft_s <= (timings.e2e_s or 0)


@pytest.mark.parametrize(
    "script",
    [
        scripts.stream(done=False),
        scripts.stream(finish=False),
        scripts.empty_choices(),
        scripts.usage_in_middle(),
        scripts.character_over_two_writes("Hello, wörld 🌍!", pause_s=0.001),
        scripts.stream(comment=""),
        scripts.json_instead_of_stream("Hello, wörld 🌍!"),
        Script((scripts.OK_SSE, Write("\ufeff".encode()), *scripts.stream().steps[1:])),
    ],
)
async def test_streams_that_are_fine(client: Client, upstream: Upstream, script: Script) -> None:
    upstream.enqueue(script)
    found = await exchange(client, upstream.base_url)
    assert (found.error, found.answer.content) == (None, "Hello, wörld 🌍!")


async def test_a_last_event_without_a_line_end(client: Client, upstream: Upstream) -> None:
    *first, last = scripts.stream_events(done=False)
    upstream.enqueue(scripts.events((*first, last.rstrip())))
    assert (await exchange(client, upstream.base_url)).finish_reason == "stop"


async def test_connections_are_kept(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(), scripts.answer("a"), scripts.stream())
    first = await exchange(client, upstream.base_url)
    assert not first.timings.connection_reused
    for _ in range(2):
        again = await exchange(client, upstream.base_url)
        assert again.timings.connection_reused
        assert again.timings.connect_s == 0
    assert upstream.connections == 1
    assert [seen.outcome for seen in upstream.requests] == ["complete"] * 3


async def test_a_connection_is_kept_though_its_framing_ends_after_done(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream().then(Sleep(0.02)), scripts.stream())
    await exchange(client, upstream.base_url)
    assert (await exchange(client, upstream.base_url)).timings.connection_reused
    assert [seen.outcome for seen in upstream.requests] == ["complete"] * 2


async def test_a_server_that_goes_on_after_done_does_not_hold_the_answer_up(client: Client, upstream: Upstream) -> None:
    whole = scripts.stream_events(finish=False)
    upstream.enqueue(scripts.events(whole).then(*scripts.stall_first().steps))
    found = await exchange(client, upstream.base_url)
    assert (found.error, found.answer.content) == (None, "Hello, wörld 🌍!")
    await upstream.wait_for_disconnect(timeout_s=1)


async def test_cookies_are_not_kept(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.answer(headers=(("set-cookie", "a=b; Path=/"),)), scripts.answer())
    for _ in range(2):
        await exchange(client, upstream.base_url)
    assert [seen.header("cookie") for seen in upstream.requests] == [None, None]


# No response


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


# Time


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


# An error status


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 599])
async def test_an_error_status(client: Client, upstream: Upstream, code: int) -> None:
    error, found = await failure(client, upstream, scripts.router_error(code, "Because."))
    assert isinstance(error, APIStatusError)
    assert (error.status_code, error.code, found.status_code) == (code, code, code)
    assert error.message.endswith(": Because.")
    assert error.request_id == found.request_id == "req_000001"
    assert error.advice or code == 599
    assert json.loads(found.chunks[0].data) == json.loads(error.body)


async def test_an_error_status_with_a_page_a_redirect_and_a_stream(client: Client, upstream: Upstream) -> None:
    error, _ = await failure(client, upstream, scripts.html_error())
    assert error.message == "502 Bad Gateway: 502 Bad Gateway 502 Bad Gateway"
    location = (("location", "https://other.example/v1"), ("content-length", "0"))
    error, _ = await failure(client, upstream, Script((Status(308, location, "Permanent Redirect"),)))
    assert "https://other.example/v1" in error.advice
    refused = scripts.router_error(429, "Slow.", headers=(("content-type", "text/event-stream"), ("retry-after", "3")))
    error, _ = await failure(client, upstream, refused)
    assert isinstance(error, APIStatusError)
    assert error.retry_after_s == 3
    assert len(upstream.requests) == 3


async def test_an_error_whose_body_breaks_off(client: Client, upstream: Upstream) -> None:
    head = Status(500, (("content-length", "100"),), "Internal Server Error")
    error, _ = await failure(client, upstream, Script((head, Write(b"half"))).then(*scripts.cut_first().steps))
    assert error.message == "500 Internal Server Error: half"


# A status of 200, and then something goes wrong

FAULTS: tuple[tuple[str, Callable[[], Script], type[PlaygroundError], str], ...] = (
    ("html", scripts.html_instead_of_stream, StreamProtocolError, ""),
    ("json of something else", lambda: scripts.json_body({"ok": True}), StreamProtocolError, ""),
    ("nothing", lambda: scripts.body(b""), StreamProtocolError, ""),
    ("empty stream", lambda: scripts.events(()), StreamInterrupted, ""),
    ("error", scripts.error_in_stream, StreamFailed, "Hello"),
    ("error and done", lambda: scripts.error_in_stream(done=True), StreamFailed, "Hello"),
    ("error as words", lambda: scripts.error_in_stream(error="It broke."), StreamFailed, "Hello"),
    ("cut", scripts.cut_stream, StreamInterrupted, "Hello"),
    ("reset", lambda: scripts.resplit(scripts.cut_stream(reset=True), 10**6, pause_s=0.05), StreamInterrupted, "Hello"),
    ("ended", scripts.ended_stream, StreamInterrupted, "Hello"),
    ("malformed", scripts.malformed_chunk, StreamProtocolError, "Hello"),
    ("half a character, cut", scripts.half_character_at_cut, StreamInterrupted, ""),
    (
        "half a character, ended",
        lambda: Script((*scripts.ended_stream().steps, Write("data: 🌍".encode()[:-2]))),
        StreamProtocolError,
        "Hello",
    ),
    (
        "half an event, ended",
        lambda: Script((*scripts.ended_stream().steps, Write(b'data: {"cho'))),
        StreamInterrupted,
        "Hello",
    ),
    (
        "no utf-8",
        lambda: Script((scripts.OK_SSE, Write(b"".join(scripts.stream_events(("Hello",), done=False)) + b"\xff\n\n"))),
        StreamProtocolError,
        "Hello",
    ),
    (
        "10 MB in a line",
        lambda: Script((*scripts.ended_stream().steps, *scripts.giant_line().steps[1:])),
        StreamProtocolError,
        "Hello",
    ),
)


@pytest.mark.parametrize(
    ("script", "kind", "text"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
async def test_a_fault_after_200(
    client: Client, upstream: Upstream, script: Callable[[], Script], kind: type[PlaygroundError], text: str
) -> None:
    error, found = await failure(client, upstream, script())
    assert type(error) is kind
    assert found.answer.content == text
    assert found.status_code == 200
    assert found.request_id == "req_000001"
    assert error.advice or kind is StreamProtocolError


async def test_a_page_of_html_says_what_to_check(client: Client, upstream: Upstream) -> None:
    error, found = await failure(client, upstream, scripts.html_instead_of_stream())
    assert isinstance(error, StreamProtocolError)
    assert "text/html" in error.message
    assert "Please log in." in error.excerpt
    assert "base URL" in error.advice
    assert "Please log in." in found.chunks[0].data


async def test_an_error_in_the_stream_has_all_that_it_said(client: Client, upstream: Upstream) -> None:
    error, _ = await failure(client, upstream, scripts.error_in_stream())
    assert isinstance(error, StreamFailed)
    assert (error.code, error.type) == (502, "upstream_error")
    assert error.metadata["metadata"]["provider"] == "test-provider"


async def test_a_higher_limit_takes_ten_megabytes(upstream: Upstream) -> None:
    client = Client(max_event_bytes=11_000_000)
    upstream.enqueue(scripts.giant_line())
    found = await exchange(client, upstream.base_url)
    await client.aclose()
    assert (found.error, len(found.answer.content)) == (None, 10_000_000)


# Small documents


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


async def test_get_json_takes_no_document_without_end(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", scripts.body(b"[" + b" " * (9 * 2**20) + b"]"))
    with pytest.raises(StreamProtocolError, match="more than"):
        await client.get_json(f"{upstream.base_url}/models")


# Stopping


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
