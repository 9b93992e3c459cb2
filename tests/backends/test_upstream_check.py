"""Whether a server could be an upstream: each finding both ways, asked of the scriptable server."""

import json
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from playground.addresses import is_public
from playground.backends.upstream_check import (
    NEEDS,
    NOTHING_DONE,
    SCHEMA,
    TOOL,
    Finding,
    addresses_of,
    check_upstream,
    public_url,
)
from playground.client import Client
from playground.errors import InvalidUrl
from tests.upstream import Recorded, Script, Upstream, scripts

KEY = "sk-recognisable"
MODEL = "test/echo"
NAMES = [
    *("public URL", "reachable", "key required", "served model name"),
    *("chat", "stream", "tool call", "JSON schema", "registration"),
]
PLACE = '{"city": "Paris", "country": "France"}'


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


def call(name: str = "get_weather", arguments: str = '{"city": "Paris"}') -> Script:
    function = {"name": name, "arguments": arguments}
    return scripts.answer(None, tool_calls=[{"id": "call_1", "type": "function", "function": function}])


GOOD: dict[str, Script] = {
    "chat": scripts.answer("Paris", usage=scripts.usage()),
    "stream": scripts.stream(usage=scripts.usage()),
    "tool": call(),
    "schema": scripts.answer(PLACE, usage=scripts.usage()),
}


def mode_of(body: dict[str, Any]) -> str:
    if body.get("tools"):
        return "tool"
    if body.get("response_format"):
        return "schema"
    return "stream" if body.get("stream") else "chat"


async def findings(
    client: Client,
    upstream: Upstream,
    key: str | None = KEY,
    model: str = MODEL,
    answers: dict[str, Script] | None = None,
) -> dict[str, Finding]:
    """All findings by name; `answers` take the place of the good ones."""

    def respond(request: Recorded) -> Script:
        return (GOOD | (answers or {}))[mode_of(request.json())]

    upstream.default(respond)
    found = [
        finding
        async for finding in check_upstream(upstream.base_url, client, key, model, is_public=is_public, answer_s=2)
    ]
    assert [finding.name for finding in found] == NAMES
    assert KEY not in repr(found)
    return {finding.name: finding for finding in found}


@pytest.fixture
async def guarded() -> AsyncIterator[Upstream]:
    async with Upstream(key=KEY) as server:
        yield server


async def test_a_good_server_on_this_machine(client: Client, guarded: Upstream) -> None:
    found = await findings(client, guarded)
    assert {name: finding.ok for name, finding in found.items()} == {
        "public URL": False,  # it is on 127.0.0.1
        "reachable": True,
        "key required": True,
        "served model name": True,
        "chat": True,
        "stream": True,
        "tool call": True,
        "JSON schema": True,
        "registration": None,
    }
    assert "with usage" in found["stream"].words


async def test_what_was_sent(client: Client, guarded: Upstream) -> None:
    await findings(client, guarded)
    sent = [request for request in guarded.requests if request.method == "POST"]
    assert [request.header("authorization") for request in sent] == [None, *[f"Bearer {KEY}"] * 4]
    bodies = [request.json() for request in sent]
    assert {body["model"] for body in bodies} == {MODEL}
    assert bodies[2]["stream_options"] == {"include_usage": True}
    assert bodies[3]["tools"] == [TOOL]
    assert bodies[4]["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_it_never_claims_a_registration(client: Client, guarded: Upstream) -> None:
    found = await findings(client, guarded)
    assert found["registration"] == Finding("registration", None, NOTHING_DONE)
    assert NOTHING_DONE.startswith("Nothing was registered")
    assert "does not say how" in NOTHING_DONE


def test_what_it_needs_says_who_says_so() -> None:
    assert [need.name for need in NEEDS[:3]] == ["base URL", "API key", "served model name"]
    assert all(need.words and need.source for need in NEEDS)


async def test_a_server_without_a_key_is_open(client: Client, upstream: Upstream) -> None:
    found = await findings(client, upstream)
    assert found["key required"].ok is False
    assert "anyone who finds the address" in found["key required"].words


async def test_a_key_that_is_not_given(client: Client, guarded: Upstream) -> None:
    found = await findings(client, guarded, key=None)
    assert found["reachable"].ok is True
    assert found["key required"].ok is True
    assert "No key was given here" in found["key required"].words
    assert found["chat"].ok is False
    assert found["served model name"].ok is None


async def test_a_failure_without_a_key_tells_nothing_of_the_key(client: Client, upstream: Upstream) -> None:
    found = await findings(client, upstream, answers={"chat": scripts.router_error(500, "Broken.")})
    assert found["key required"].ok is None
    assert found["chat"] == Finding("chat", False, found["chat"].words)
    assert "Broken." in found["chat"].words


async def test_nothing_listens(client: Client) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        found = [one async for one in check_upstream(url, client, KEY, MODEL, is_public=is_public)]
    assert [one.name for one in found] == NAMES
    assert [one.ok for one in found] == [False, False, *[None] * 7]


@pytest.mark.parametrize(
    ("model", "ok", "words"),
    [
        ("", True, "deepseek/deepseek-v3.2 is in its list"),
        ("nonesuch", False, "nonesuch is not in its list"),
    ],
)
async def test_the_model(client: Client, guarded: Upstream, model: str, *, ok: bool, words: str) -> None:
    found = await findings(client, guarded, model=model)
    assert found["served model name"].ok is ok
    assert words in found["served model name"].words


async def test_a_server_that_lists_no_models(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", scripts.models([]))
    assert (await findings(client, upstream))["served model name"].ok is None


@pytest.mark.parametrize(
    ("finding", "mode", "script", "words"),
    [
        ("chat", "chat", scripts.answer(""), "empty message"),
        ("chat", "chat", scripts.html_error(), "502"),
        ("stream", "stream", scripts.answer("whole"), "the response was not streamed"),
        ("stream", "stream", scripts.stream(()), "without any text"),
        ("stream", "stream", scripts.cut_stream(), "before"),
        ("stream", "stream", scripts.stall_first(), "within 2 s"),
        ("tool call", "tool", scripts.answer("It rains."), "text instead of a call"),
        ("tool call", "tool", call("other"), "'other'"),
        ("tool call", "tool", call(arguments='{"town": 1}'), "arguments are wrong"),
        ("tool call", "tool", call(arguments="{"), "not valid JSON"),
        ("tool call", "tool", scripts.sglang_error(400, "no parser"), "no parser"),
        ("JSON schema", "schema", scripts.answer("Paris"), "not valid JSON: "),
        ("JSON schema", "schema", scripts.answer("{", finish_reason="length"), "cut off after 512 tokens"),
        ("JSON schema", "schema", scripts.answer('{"city": 1}'), "does not match"),
        ("JSON schema", "schema", scripts.vllm_error(400, "no grammar"), "no grammar"),
    ],
)
async def test_a_mode_that_does_not_work(
    client: Client, upstream: Upstream, *, finding: str, mode: str, script: Script, words: str
) -> None:
    found = await findings(client, upstream, answers={mode: script})
    assert found[finding].ok is False
    assert words in found[finding].words


async def test_a_model_that_only_thinks_has_answered(client: Client, upstream: Upstream) -> None:
    found = await findings(client, upstream, answers={"chat": scripts.answer("", reasoning="Hm.")})
    assert found["chat"].ok is True


async def test_missing_usage_is_said(client: Client, upstream: Upstream) -> None:
    found = await findings(client, upstream, answers={"stream": scripts.stream()})
    assert found["stream"].ok is True
    assert "without usage" in found["stream"].words


@pytest.mark.parametrize(
    ("url", "ok", "words"),
    [
        ("https://1.1.1.1/v1", True, "public addresses"),
        ("http://1.1.1.1/v1", False, "plain http"),
        ("https://127.0.0.1/v1", False, "private network"),
        ("https://localhost/v1", False, "private network"),
        ("https://10.1.2.3:8000/v1", False, "10.1.2.3"),
        ("https://[::1]/v1", False, "::1"),
        ("https://169.254.169.254/v1", False, "private network"),
        ("ftp://1.1.1.1/v1", False, "not an http(s) URL"),
        ("https://[/v1", False, "not a URL"),
        ("https://user:word@1.1.1.1/v1", False, "a user"),
        ("https://user:word@[/v1", False, "https://***@[/v1 is not a URL"),
        ("https://1.1.1.1/v1?key=1", False, "a query"),
        ("https://" + "x" * 70 + ".invalid/v1", False, "cannot be resolved"),
    ],
)
async def test_the_address(url: str, *, ok: bool, words: str) -> None:
    """Literal addresses: no name is looked up, and nothing is connected to."""
    finding = await public_url(url, is_public=is_public)
    assert (finding.ok, words in finding.words) == (ok, True), finding.words


async def test_a_login_is_sent_as_basic_and_told_as_wrong(client: Client, upstream: Upstream) -> None:
    typed = upstream.base_url.replace("http://", "ada:s3cret@") + "/chat/completions"
    found = [one async for one in check_upstream(typed, client, None, MODEL, is_public=is_public)]
    assert [one.name for one in found] == NAMES
    assert (found[0].ok, found[1].ok) == (False, True)
    assert "a user" in found[0].words
    assert "s3cret" not in repr(found)
    sent = [(request.target, request.header("authorization")) for request in upstream.requests]
    assert sent[0] == ("/v1/models", "Basic YWRhOnMzY3JldA==")
    assert sent[1] == ("/v1/chat/completions", None)  # whether a key is asked for
    assert set(sent[2:]) == {("/v1/chat/completions", "Basic YWRhOnMzY3JldA==")}


async def test_what_is_no_base_url(client: Client) -> None:
    with pytest.raises(InvalidUrl):
        [one async for one in check_upstream("http://h/v1#x", client, None, is_public=is_public)]


async def test_a_name_with_one_inside_address_is_not_public() -> None:
    async def resolve(_host: str) -> Sequence[str]:
        return ("1.1.1.1", "192.168.0.7")

    finding = await public_url("https://gpu.example/v1", is_public=is_public, resolve=resolve)
    assert finding.ok is False
    assert "192.168.0.7" in finding.words


async def test_the_addresses_of_this_machine() -> None:
    assert set(await addresses_of("localhost")) <= {"127.0.0.1", "::1"}
    assert json.dumps(list(await addresses_of("127.0.0.1"))) == '["127.0.0.1"]'
