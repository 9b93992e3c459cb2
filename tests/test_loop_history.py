"""What goes back to the model in a loop: what came, as it came, and valid."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.client import Client
from playground.loop import End
from playground.tools.mock import read_rows
from playground.wire.answer import SendReasoning
from tests.looping import BUILTINS, RESULT, TOKYO, all_of, box, calls, sent
from tests.upstream import Upstream, scripts


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


@pytest.mark.parametrize(("send", "back"), [("never", None), ("calls", "Hmm"), ("always", "Hmm")])
async def test_reasoning_goes_back_as_told(
    client: Client, upstream: Upstream, send: SendReasoning, back: str | None
) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO), reasoning=("Hm", "m")), scripts.stream(("ok",)))
    await all_of(client, upstream, box(builtins=BUILTINS), send_reasoning=send)
    assert sent(upstream, 1)["messages"][1].get("reasoning_content") == back


@pytest.mark.parametrize(
    "carried",
    [
        {"reasoning_content": ""},
        {"reasoning": "hm"},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "ENC", "id": "r", "index": 0}]},
        {"reasoning": {"text": "hm", "signature": "S"}},
        {"extra_content": {"google": {"thought_signature": "SIG=="}}},
        {"annotations": [{"type": "url_citation", "url": "https://example.com"}]},
    ],
    ids=lambda carried: next(iter(carried)),
)
async def test_what_came_with_a_call_goes_back_as_it_came(
    client: Client, upstream: Upstream, carried: dict[str, Any]
) -> None:
    call = {"id": "c1", "index": 0, "type": "function", "function": {"name": "lookup_region", "arguments": TOKYO}}
    marked = call | {"extra_content": {"google": {"thought_signature": "CALL=="}}}
    made = [scripts.chunk(carried | {"tool_calls": [marked]}), scripts.chunk({}, finish_reason="tool_calls")]
    upstream.enqueue(scripts.events([*map(scripts.sse, [*made, scripts.DONE])]), scripts.stream(("ok",)))
    await all_of(client, upstream, box(builtins=BUILTINS))
    back = sent(upstream, 1)["messages"][1]
    assert {name: back.get(name) for name in carried} == carried
    assert back["tool_calls"] == [{name: value for name, value in marked.items() if name != "index"}]


async def test_a_function_call_of_the_old_kind_goes_back_as_one(client: Client, upstream: Upstream) -> None:
    parts = [{"function_call": {"name": "lookup_region", "arguments": ""}}]
    parts += [{"function_call": {"arguments": piece}} for piece in (TOKYO[:3], TOKYO[3:])]
    made = [*map(scripts.chunk, parts), scripts.chunk({}, finish_reason="function_call")]
    upstream.enqueue(scripts.events([*map(scripts.sse, [*made, scripts.DONE])]), scripts.stream(("ok",)))
    last = (await all_of(client, upstream, box(builtins=BUILTINS)))[-1]
    assert last.end is End.ANSWERED
    assert sent(upstream, 1)["messages"][1:] == [
        {"role": "assistant", "content": None, "function_call": {"name": "lookup_region", "arguments": TOKYO}},
        {"role": "function", "name": "lookup_region", "content": json.dumps(RESULT)},
    ]


async def test_empty_arguments_go_back_as_an_empty_object(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "wait", "")), scripts.stream(("ok",)))
    last = (await all_of(client, upstream, box(mocks=read_rows("- {tool: wait, result: 1}"))))[-1]
    assert last.turns[0].exchange.answer.tool_calls[0].arguments == ""
    assert sent(upstream, 1)["messages"][1]["tool_calls"][0]["function"]["arguments"] == "{}"
