"""Real engines, attached to: what they are, what their metrics say while they work, and what an upstream needs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from playground.addresses import is_public
from playground.backends.attach import Told, recognise
from playground.backends.metrics import MetricsHistory, parse_metrics
from playground.backends.upstream_check import check_upstream
from playground.client import Client
from tests.asking import MODEL, STREAMED, ask
from tests.real_engines.engine import CONTEXT_TOKENS
from tests.real_engines.running import Running


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


async def test_it_is_recognised(server: Running, client: Client) -> None:
    found = await recognise(server.origin, client)
    assert found.engine == server.engine.name
    assert found.version.startswith(server.engine.version)
    assert (found.base_url, found.context, found.has_metrics) == (server.base_url, CONTEXT_TOKENS, True)
    assert [model.id for model in found.models] == [MODEL]
    told = {"vllm": Told(), "sglang": Told(tools=True, reasoning=False, json_schema=True)}
    assert found.told == told[server.engine.name]
    assert int(dict(found.facts)["KV cache, tokens"]) > CONTEXT_TOKENS


def _counted(history: MetricsHistory) -> float:
    return (history.samples[-1].live_tokens_total or 0) - (history.samples[0].live_tokens_total or 0)


async def test_its_metrics_move_while_it_works(server: Running, client: Client) -> None:
    """Looked at four times a second, as long as an answer of 200 tokens takes."""
    loop = asyncio.get_running_loop()
    history = MetricsHistory()

    async def look() -> None:
        text = await client.get_text(f"{server.origin}/metrics", timeout_s=10)
        history.add(parse_metrics(text, loop.time()))

    await look()
    answer = asyncio.create_task(ask(server.base_url, "Write an essay about the sea.", max_tokens=200, **STREAMED))
    while not answer.done():
        await asyncio.wait({answer}, timeout=0.25)
        await look()
    shot = answer.result()
    assert shot.error is None
    assert shot.usage is not None
    for _ in range(40):  # the last step is counted a little later, on a busy machine by seconds
        if _counted(history) >= shot.usage["completion_tokens"] - 2:
            break
        await asyncio.sleep(0.25)
        await look()
    live = [sample.live_tokens_total or 0 for sample in history.samples]
    assert live == sorted(live)
    assert len(set(live)) > 3, "it does not move while the tokens come"
    # SGLang's live count leaves out the first token of an answer, which comes of the prompt; it may lag by a step.
    assert abs(live[-1] - live[0] - shot.usage["completion_tokens"]) <= 2
    assert max(speed or 0 for speed in history.rates()) > 1
    assert max(sample.running or 0 for sample in history.samples) == 1


async def test_it_could_be_an_upstream_but_for_its_address_and_key(server: Running, client: Client) -> None:
    found = [one async for one in check_upstream(server.base_url, client, None, MODEL, is_public=is_public)]
    assert {one.name: one.ok for one in found} == {
        "public URL": False,
        "reachable": True,
        "key required": False,
        "served model name": True,
        "chat": True,
        "stream": True,
        "tool call": True,
        "JSON schema": True,
        "registration": None,
    }, [one.words for one in found]
