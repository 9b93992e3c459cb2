"""The state of a backend, asked of a real server."""

import socket
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from playground.backends import Backend, BackendState, Phase, probe
from playground.client import Client
from playground.errors import InvalidUrl
from playground.wire.prepared import Auth, Target
from tests.upstream import Script, Status, Upstream, scripts

KEY = "sk-recognisable"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


def backend(base_url: str, *, needs_key: bool = False, key: str | None = None) -> Backend:
    secret = SecretStr(key) if key else None
    return Backend("b", "B", Target(base_url, "B_API_KEY"), secret, needs_key=needs_key)


@pytest.mark.parametrize(
    ("script", "names"),
    [
        (scripts.models(), list(scripts.MODEL_IDS)),
        (scripts.models(bare=True), list(scripts.MODEL_IDS)),
        (scripts.engine_models("a", "b"), ["a", "b"]),
        (scripts.engine_models("m", owned_by="sglang"), ["m"]),
        (scripts.models([]), []),
        (scripts.json_body({"object": "list", "data": None}), []),
    ],
)
async def test_ready(client: Client, upstream: Upstream, script: Script, names: list[str]) -> None:
    upstream.on("/v1/models", script)
    state = await probe(backend(upstream.base_url), client)
    assert (state.phase, state.words) == (Phase.READY, "ready")
    assert [model.id for model in state.models] == names
    assert upstream.requests[0].method == "GET"


async def test_a_query_and_a_login(client: Client, upstream: Upstream) -> None:
    asked = Backend("b", "B", Target(f"{upstream.base_url}?a=b", "B", Auth.BASIC), SecretStr("ada:s3cret"))
    assert (await probe(asked, client, key="sk-visitor")).phase is Phase.READY
    assert upstream.requests[0].target == "/v1/models?a=b"
    assert upstream.requests[0].header("authorization") == "Basic YWRhOnMzY3JldA=="


async def test_a_url_that_cannot_be_used(client: Client) -> None:
    state = await probe(Backend("b", "B", Target(""), fault=InvalidUrl("Why.")), client)
    assert state == BackendState(Phase.UNREACHABLE, "unreachable: Why.")


MOVED = Script((Status(301, (("location", "https://h/v1/models"), ("content-length", "0")), "Moved Permanently"),))
DEEP = scripts.body(b"[" * 100_000)


@pytest.mark.parametrize(
    ("script", "phase", "words"),
    [
        (scripts.unauthorized(), Phase.NO_KEY, "the key was rejected (401)"),
        (scripts.sglang_unauthorized(), Phase.NO_KEY, "the key was rejected (401)"),
        (scripts.router_error(403, "Forbidden."), Phase.NO_KEY, "the key was rejected (403)"),
        (scripts.empty_error(503), Phase.LOADING, "loading: the server returns 503"),
        (scripts.router_error(500, "Broken."), Phase.UNREACHABLE, "unreachable: 500 Internal Server Error: Broken."),
        (scripts.not_found("/v1/models"), Phase.UNREACHABLE, "unreachable: 404 Not Found: /v1/models does not exist."),
        (scripts.html_error(502), Phase.UNREACHABLE, "unreachable: "),
        (MOVED, Phase.UNREACHABLE, "unreachable: Redirects are not followed; use https://h/v1 as the base URL."),
        (scripts.html_instead_of_stream(), Phase.UNREACHABLE, "did not return JSON"),
        (scripts.json_body({"models": []}), Phase.UNREACHABLE, "no list of models"),
        (DEEP, Phase.UNREACHABLE, "did not return JSON"),
        (scripts.cut_first(), Phase.UNREACHABLE, "cannot be reached"),
        (scripts.cut_first(reset=True), Phase.UNREACHABLE, "cannot be reached"),
    ],
)
async def test_not_ready(client: Client, upstream: Upstream, script: Script, phase: Phase, words: str) -> None:
    upstream.on("/v1/models", script)
    state = await probe(backend(upstream.base_url, key=KEY), client)
    assert (state.phase, state.models) == (phase, ())
    assert words in state.words
    assert KEY not in repr(state)
    assert "\n" not in state.words


async def test_refused(client: Client) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        state = await probe(backend(url), client)
    assert state.phase is Phase.UNREACHABLE
    assert url in state.words


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://h/v1", "http://[/v1"])
async def test_what_is_no_url(client: Client, url: str) -> None:
    assert (await probe(backend(url), client)).phase is Phase.UNREACHABLE


async def test_a_server_that_says_nothing_is_left(client: Client, upstream: Upstream) -> None:
    await probe(backend(upstream.base_url), client)  # the client is made, the connection stands
    upstream.on("/v1/models", scripts.stall_first())
    state = await probe(backend(upstream.base_url), client, timeout_s=0.3)
    assert state.phase is Phase.UNREACHABLE
    assert "within 0.3 s" in state.words
    await upstream.wait_for_disconnect()


async def test_nothing_is_asked_without_an_address_or_a_needed_key(client: Client, upstream: Upstream) -> None:
    assert await probe(backend(""), client) == BackendState(Phase.LOADING, "loading")
    state = await probe(backend(upstream.base_url, needs_key=True), client)
    assert (state.phase, state.words) == (Phase.NO_KEY, "no key: paste one, or set B_API_KEY")
    assert upstream.requests == []


async def test_the_visitors_key_comes_first(client: Client, upstream: Upstream) -> None:
    asked = backend(upstream.base_url, needs_key=True, key=KEY)
    await probe(asked, client)
    await probe(asked, client, key="sk-visitor")
    await probe(backend(upstream.base_url), client)
    assert [r.header("authorization") for r in upstream.requests] == [f"Bearer {KEY}", "Bearer sk-visitor", None]


async def test_a_key_that_no_header_can_carry(client: Client, upstream: Upstream) -> None:
    state = await probe(backend(upstream.base_url), client, key="sk-\nrecognisable")
    assert state.phase is Phase.UNREACHABLE
    assert "recognisable" not in state.words
