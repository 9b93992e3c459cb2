"""What real engines answer, asked by the app's own client, command line and curl command."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from playground.backends.base import Backend
from playground.backends.probe import probe
from playground.client import Client
from playground.phases import Phase
from playground.snippets import render_snippet
from playground.wire.prepared import Target
from tests.asking import MODEL, STREAMED, ask, request_to
from tests.cli.running import playground
from tests.real_engines.engine import CONTEXT_TOKENS
from tests.real_engines.running import Running
from tests.twenty import MAX_TOKENS, NAMED, RESPONSE_FORMAT, SCHEMA, TOOLS, invalid

CAPITAL = "What is the capital of France?"
WEATHER = "What is the weather in Paris in Celsius?"


def in_bash(script: str) -> str:
    ran = subprocess.run(["bash"], input=script.encode(), capture_output=True, timeout=60, check=True)
    return ran.stdout.decode()


async def test_chat(base_url: str) -> None:
    shot = await ask(base_url, CAPITAL)
    assert shot.error is None
    assert (shot.status_code, shot.model, shot.finish_reason) == (200, MODEL, "stop")
    assert "Paris" in shot.answer.content
    assert shot.usage is not None
    assert shot.usage["completion_tokens"] == shot.timings.completion_tokens
    assert shot.usage["total_tokens"] == shot.usage["prompt_tokens"] + shot.usage["completion_tokens"]


async def test_streaming_with_usage(base_url: str) -> None:
    whole = await ask(base_url, CAPITAL)
    shot = await ask(base_url, CAPITAL, **STREAMED)
    assert shot.error is None
    assert (shot.answer.content, shot.finish_reason) == (whole.answer.content, whole.finish_reason)
    assert shot.usage is not None
    assert whole.usage is not None
    assert shot.usage["completion_tokens"] == whole.usage["completion_tokens"] >= len(shot.pieces) > 3
    assert shot.timings.ttft_s is not None
    assert shot.timings.tpot_s is not None
    assert shot.timings.e2e_s is not None
    assert 0 < shot.timings.ttft_s < shot.timings.e2e_s
    assert shot.chunks[-1].data == "[DONE]"


async def test_an_answer_cut_by_max_tokens_says_length(base_url: str) -> None:
    shot = await ask(base_url, "Write an essay about the sea.", max_tokens=5, **STREAMED)
    assert (shot.finish_reason, shot.timings.completion_tokens) == ("length", 5)


async def test_two_choices_are_two_answers(base_url: str) -> None:
    shot = await ask(base_url, CAPITAL, n=2, temperature=1, max_tokens=12, **STREAMED)
    assert len(shot.answers) == 2
    assert all(answer.content and answer.finish_reason for answer in shot.answers)


async def test_the_probe_finds_its_model(server: Running) -> None:
    client = Client()
    state = await probe(Backend("custom", "Custom", Target(server.base_url)), client)
    await client.aclose()
    assert state.phase is Phase.READY
    assert [(entry.id, entry.context_length) for entry in state.models] == [(MODEL, CONTEXT_TOKENS)]


@pytest.mark.parametrize("streamed", [{}, STREAMED], ids=["whole", "streamed"])
async def test_an_answer_held_to_a_schema(base_url: str, streamed: dict[str, Any]) -> None:
    shot = await ask(base_url, WEATHER, response_format=RESPONSE_FORMAT, max_tokens=MAX_TOKENS, **streamed)
    assert shot.error is None
    assert shot.finish_reason == "stop"
    assert invalid(shot.answer.content) == ""
    assert set(json.loads(shot.answer.content)) == set(SCHEMA["properties"])


@pytest.mark.parametrize("streamed", [{}, STREAMED], ids=["whole", "streamed"])
@pytest.mark.parametrize("choice", ["required", NAMED], ids=["required", "named"])
async def test_a_forced_tool_call(base_url: str, choice: str | dict[str, Any], streamed: dict[str, Any]) -> None:
    shot = await ask(base_url, WEATHER, tools=TOOLS, tool_choice=choice, max_tokens=MAX_TOKENS, **streamed)
    assert shot.error is None
    call = shot.answer.tool_calls[0]
    assert call.id
    assert call.name == "get_weather"
    assert invalid(call.arguments) == ""
    if streamed:
        assert len([piece for piece in shot.pieces if piece.kind == "tool_call"]) > 3
        assert shot.timings.first_tool_call_s is not None


async def test_the_result_of_a_call_is_answered(base_url: str) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
    messages = [
        {"role": "user", "content": WEATHER},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees, rain"},
    ]
    shot = await ask(base_url, "", messages=messages, tools=TOOLS)
    assert shot.error is None
    assert shot.answer.content


async def test_the_curl_command_gets_the_same_answer(base_url: str) -> None:
    shot = await ask(base_url, CAPITAL)
    said = json.loads(await asyncio.to_thread(in_bash, render_snippet(request_to(base_url, CAPITAL))))
    assert said["choices"][0]["message"]["content"] == shot.answer.content
    assert said["usage"] == shot.usage


async def test_the_curl_command_streams_the_same_answer(base_url: str) -> None:
    shot = await ask(base_url, CAPITAL, **STREAMED)
    printed = await asyncio.to_thread(in_bash, render_snippet(request_to(base_url, CAPITAL, **STREAMED)))
    data = [line.removeprefix("data: ") for line in printed.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in map(json.loads, data[:-1]) if chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == shot.answer.content


async def test_send_prints_the_document(base_url: str, tmp_path: Path) -> None:
    shot = await ask(base_url, CAPITAL)
    file = tmp_path / "request.json"
    file.write_bytes(request_to(base_url, CAPITAL).body)
    ran = await asyncio.to_thread(playground, "send", "--request", str(file), "--backend", base_url, "--json")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["message"]["content"] == shot.answer.content
    assert (document["status"], document["error"], document["usage"]) == (200, None, shot.usage)
