"""The client against a server that answers well: the bytes that go, and every variant of what comes."""

import base64
from contextlib import aclosing
from pathlib import Path

import pytest

from playground.client import OWN_HEADERS, Client
from playground.errors import (
    InvalidRequest,
    NameResolutionFailed,
    TransportError,
)
from playground.wire import events as ev
from playground.wire.prepared import Auth, Target, prepare
from tests.client.asking import HELLO, KEY, exchange, to
from tests.upstream import Script, Sleep, Upstream, Write, scripts


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


async def test_a_login_goes_as_basic(client: Client, upstream: Upstream) -> None:
    request = prepare(HELLO, Target(f"{upstream.base_url}?a=b", "A_LOGIN", Auth.BASIC))
    upstream.on("/v1/chat/completions", scripts.stream())
    async with aclosing(client.events(request, "ädä:s3cret word")) as events:
        seen = [event async for event in events]
    assert isinstance(seen[-1], ev.Completed)
    (sent,) = upstream.requests
    assert sent.target == "/v1/chat/completions?a=b"
    assert sent.header("authorization") == f"Basic {base64.b64encode('ädä:s3cret word'.encode()).decode()}"
    assert "s3cret" not in repr(seen)
    assert "'Basic $A_LOGIN'" in repr(seen)
    await client.get_json(f"{upstream.base_url}/models", key="ada:s3cret", auth=Auth.BASIC)
    assert upstream.requests[1].header("authorization") == "Basic YWRhOnMzY3JldA=="


async def test_what_a_server_says_again_of_a_login_is_masked(client: Client, upstream: Upstream) -> None:
    login = "ada:recognisable"
    request = prepare(HELLO, Target(upstream.base_url, "A_LOGIN", Auth.BASIC))
    coded = base64.b64encode(login.encode()).decode()
    upstream.on("/v1/chat/completions", scripts.router_error(401, f"Not {login}, recognisable or {coded}."))
    async with aclosing(client.events(request, login)) as events:
        said = repr([event async for event in events])
    assert "recognisable" not in said
    assert coded[4:-4] not in said


@pytest.mark.parametrize("length", [8191, 9000, 65_000])
async def test_long_headers(client: Client, upstream: Upstream, length: int) -> None:
    more = (("content-security-policy", "a" * length), *((f"x-{number}", "b") for number in range(200)))
    upstream.enqueue(scripts.answer("Hi.", headers=more))
    found = await exchange(client, upstream.base_url)
    assert (found.error, found.answer.content) == (None, "Hi.")
    assert ("content-security-policy", "a" * length) in found.response_headers


async def test_headers_without_end_are_told(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.answer("Hi.", headers=(("x-long", "a" * 200_000),)))
    found = await exchange(client, upstream.base_url)
    assert isinstance(found.error, TransportError)
    assert "headers larger than 64 KiB" in found.error.message
    assert len(found.error.message) < 300
