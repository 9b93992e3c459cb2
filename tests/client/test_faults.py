"""A response that says or does something wrong: what had come is kept."""

import json
from collections.abc import Callable

import pytest

from playground.client import Client
from playground.errors import (
    APIStatusError,
    PlaygroundError,
    StreamFailed,
    StreamInterrupted,
    StreamProtocolError,
)
from tests.client.asking import exchange, failure
from tests.upstream import Script, Status, Upstream, Write, scripts


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
