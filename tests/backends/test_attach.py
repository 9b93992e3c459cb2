"""Servers that are attached to: recognised by what real ones answered (tests/real_engines/record_metrics.py)."""

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from playground.backends.attach import Told, recognise
from playground.client import Client
from playground.errors import AddressRefused, ConnectFailed, InvalidRequest, InvalidUrl, RequestTimeout
from playground.wire.prepared import Auth
from tests.upstream import Script, Status, Upstream, scripts

DATA = Path(__file__).parents[1] / "data" / "metrics"
KEY = "sk-recognisable"
NOT_FOUND = scripts.not_found("it")


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


def document(name: str) -> Any:
    return json.loads((DATA / name).read_text())


def metrics(engine: str) -> Script:
    return scripts.body((DATA / f"{engine}-after.txt").read_bytes(), content_type="text/plain; version=0.0.4")


def as_engine(upstream: Upstream, engine: str) -> None:
    """The scriptable server answers as that engine did."""
    upstream.on("/metrics", metrics(engine))
    for file in DATA.glob(f"{engine}-*.json"):
        name = file.stem.removeprefix(f"{engine}-")
        upstream.on("/v1/models" if name == "models" else f"/{name}", scripts.json_body(document(file.name)))


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/", "/v1/chat/completions", "/v1/models"])
async def test_sglang(client: Client, upstream: Upstream, ending: str) -> None:
    as_engine(upstream, "sglang")
    found = await recognise(upstream.origin + ending, client)
    assert (found.engine, found.by, found.version) == ("sglang", "/server_info", "0.5.23")
    assert (found.base_url, found.context) == (upstream.base_url, 2048)
    assert [model.id for model in found.models] == ["smollm2"]
    assert found.told == Told(tools=True, reasoning=False, json_schema=True)
    assert found.has_metrics
    facts = dict(found.facts)
    assert facts["tool parser"] == "hermes"
    assert facts["KV cache, tokens"] == "8192"


async def test_vllm(client: Client, upstream: Upstream) -> None:
    as_engine(upstream, "vllm")
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.by) == ("vllm", "/metrics")
    assert found.version.startswith("0.32")
    assert (found.context, found.told) == (2048, Told())
    facts = dict(found.facts)
    assert facts["KV cache, tokens"] == "46592"
    assert facts["prefix caching"] == "True"


async def test_llamacpp(client: Client, upstream: Upstream) -> None:
    as_engine(upstream, "llamacpp")
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.by, found.context) == ("llama.cpp", "/props", 2048)
    assert dict(found.facts)["slots"] == "2"
    assert dict(found.facts)["quantization"] == "Q4_1"


async def test_the_embedded_engine_itself(client: Client, embedded_url: str) -> None:
    found = await recognise(embedded_url, client)
    assert (found.engine, found.by, found.has_metrics) == ("llama.cpp", "/props", True)
    assert [model.id for model in found.models] == ["SmolLM2-135M-Instruct"]


async def test_an_older_sglang(client: Client, upstream: Upstream) -> None:
    as_engine(upstream, "sglang")
    upstream.on("/server_info", NOT_FOUND)
    upstream.on("/get_server_info", scripts.json_body(document("sglang-server_info.json")))
    assert (await recognise(upstream.base_url, client)).by == "/server_info"


async def test_vllm_in_development_mode_has_a_server_info_too(client: Client, upstream: Upstream) -> None:
    upstream.on("/server_info", scripts.json_body({"vllm_config": "…", "tp_size": 1, "mem_fraction_static": 1}))
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.by) == ("vllm", "/server_info")


@pytest.mark.parametrize("engine", ["vllm", "sglang", "llamacpp"])
async def test_by_metrics_alone(client: Client, upstream: Upstream, engine: str) -> None:
    upstream.on("/metrics", metrics(engine))
    found = await recognise(upstream.base_url, client)
    assert (found.engine.replace(".", ""), found.by) == (engine, "/metrics")


@pytest.mark.parametrize(
    ("owner", "engine"),
    [("vllm", "vllm"), ("sglang", "sglang"), ("lmdeploy", "lmdeploy"), ("tensorrt_llm", "trtllm"), ("x", "unknown")],
)
async def test_by_the_owner_of_its_models(client: Client, upstream: Upstream, owner: str, engine: str) -> None:
    upstream.on("/v1/models", scripts.engine_models("m", owned_by=owner))
    upstream.on("/version", scripts.json_body({"version": "1.2.3"}))
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.context) == (engine, 12345)
    assert found.version == ("1.2.3" if engine in {"vllm", "trtllm"} else "")


async def test_an_unknown_server(client: Client, upstream: Upstream) -> None:
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.by, found.version, found.facts, found.told) == ("unknown", "", "", (), Told())
    assert [model.id for model in found.models] == list(scripts.MODEL_IDS)
    assert not found.has_metrics


@pytest.mark.parametrize(
    "script",
    [
        scripts.json_body([1, 2]),
        scripts.json_body({"tp_size": "no"}),
        scripts.json_body({"version": 3, "default_generation_settings": None, "build_info": None}),
        scripts.body(b"\xff\xfe{}"),
        scripts.html_error(500),
        scripts.cut_first(),
        scripts.body(b"[" * 100_000),
    ],
)
async def test_nonsense_is_no_error(client: Client, upstream: Upstream, script: Script) -> None:
    for path in ("/server_info", "/get_server_info", "/version", "/props", "/metrics"):
        upstream.on(path, script)
    found = await recognise(upstream.base_url, client)
    assert found.engine in {"unknown", "llama.cpp"}
    assert "\n" not in repr(found.facts)


@pytest.mark.parametrize("script", [scripts.json_body({"models": []}), scripts.html_instead_of_stream(), NOT_FOUND])
async def test_no_list_of_models(client: Client, upstream: Upstream, script: Script) -> None:
    as_engine(upstream, "vllm")
    upstream.on("/v1/models", script)
    found = await recognise(upstream.base_url, client)
    assert (found.engine, found.models, found.context) == ("vllm", (), None)
    assert found.refused


async def test_a_key_is_wanted_and_sent(client: Client) -> None:
    async with Upstream(key=KEY) as upstream:
        upstream.on("/metrics", metrics("vllm"))
        refused = await recognise(upstream.base_url, client)
        assert (refused.engine, refused.models) == ("vllm", ())
        assert "401" in refused.refused
        found = await recognise(upstream.base_url, client, KEY)
        assert (len(found.models), found.refused) == (2, "")
        assert KEY not in repr(found)


async def test_an_api_below_another_path(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", NOT_FOUND)
    upstream.on("/openai/models", scripts.engine_models("m"))
    found = await recognise(f"{upstream.origin}/openai", client)
    assert (found.base_url, found.models[0].id) == (f"{upstream.origin}/openai", "m")


async def test_the_servers_own_key_is_not_among_the_facts(client: Client, upstream: Upstream) -> None:
    info = document("sglang-server_info.json") | {"api_key": KEY, "dtype": "a\nb" + "c" * 500}
    upstream.on("/server_info", scripts.json_body(info))
    found = await recognise(upstream.base_url, client)
    assert KEY not in repr(found)
    dtype = dict(found.facts)["dtype"]
    assert dtype.startswith("a b")
    assert len(dtype) <= 201


async def test_nothing_listens(client: Client) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed):
            await recognise(f"http://127.0.0.1:{held.getsockname()[1]}/v1", client)


async def test_a_server_that_says_nothing(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", scripts.stall_first())
    with pytest.raises(RequestTimeout):
        await recognise(upstream.base_url, client, timeout_s=0.3)


async def test_an_address_that_may_not_be_reached(upstream: Upstream) -> None:
    client = Client(allow_address=lambda _: False)
    with pytest.raises(AddressRefused):
        await recognise(upstream.base_url, client)
    await client.aclose()
    assert upstream.requests == []


async def test_a_key_that_no_header_can_carry(client: Client, upstream: Upstream) -> None:
    with pytest.raises(InvalidRequest):
        await recognise(upstream.base_url, client, "sk-\n")


async def test_no_scheme_a_query_and_a_login(client: Client, upstream: Upstream) -> None:
    upstream.on("/metrics", metrics("vllm"))
    typed = upstream.origin.removeprefix("http://") + "?a=b"
    found = await recognise(typed, client, "ada:s3cret", auth=Auth.BASIC)
    assert (found.base_url, found.engine) == (f"{upstream.base_url}?a=b", "vllm")
    assert {request.header("authorization") for request in upstream.requests} == {"Basic YWRhOnMzY3JldA=="}
    assert {request.target for request in upstream.requests} >= {"/v1/models?a=b", "/metrics?a=b", "/props?a=b"}


async def test_a_redirect_is_told_by_its_base_url(client: Client, upstream: Upstream) -> None:
    moved = (("location", "https://h/v1/models"), ("content-length", "0"))
    upstream.on("/v1/models", Script((Status(308, moved, "Permanent Redirect"),)))
    found = await recognise(upstream.base_url, client)
    assert found.refused == "Redirects are not followed; use https://h/v1 as the base URL."


async def test_no_models_yet(client: Client, upstream: Upstream) -> None:
    upstream.on("/v1/models", scripts.json_body({"object": "list", "data": None}))
    found = await recognise(upstream.base_url, client)
    assert (found.models, found.refused) == ((), "")


async def test_a_url_that_cannot_be_used(client: Client) -> None:
    with pytest.raises(InvalidUrl, match="fragment"):
        await recognise("http://h/v1#x", client)
