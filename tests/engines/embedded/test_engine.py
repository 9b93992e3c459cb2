"""The real embedded model: chat, streams, constrained answers, tool calls, and how it ends."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from playground.engines.embedded.engine import EmbeddedEngine
from playground.errors import EngineError, EngineExited, EngineUnavailable
from playground.phases import Phase

pytestmark = pytest.mark.model

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "unit": {"enum": ["C", "F"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": SCHEMA}}
NAMED = {"type": "function", "function": {"name": "get_weather"}}
APP = """
import asyncio, sys
from playground.engines.embedded.engine import EmbeddedEngine
async def main():
    engine = EmbeddedEngine()
    await engine.start()
    await engine.wait_ready()
    print(engine.process.guard_pid, flush=True)
    await asyncio.sleep(99)
asyncio.run(main())
"""


def ask(url: str, **fields: Any) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": "What is the weather in Paris?"}], "max_tokens": 80}
    return httpx.post(f"{url}/chat/completions", json=body | {"temperature": 0} | fields, timeout=60, trust_env=False)


def chunks(answer: httpx.Response) -> list[dict[str, Any]]:
    data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert data[-1] == "[DONE]"
    return [json.loads(each) for each in data[:-1]]


def assert_valid(arguments: str) -> None:
    value = json.loads(arguments)
    assert set(value) == {"city", "unit"}
    assert isinstance(value["city"], str)
    assert value["unit"] in {"C", "F"}


def test_chat(embedded_url: str) -> None:
    answer = ask(embedded_url, max_tokens=8)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"]
    assert answer.json()["choices"][0]["message"]["content"]
    assert answer.json()["model"] == "SmolLM2-135M-Instruct"


def test_models_health_metrics(embedded_url: str) -> None:
    origin = embedded_url.removesuffix("/v1")
    models = httpx.get(f"{embedded_url}/models", trust_env=False).json()
    assert models["data"][0]["id"] == "SmolLM2-135M-Instruct"
    assert httpx.get(f"{origin}/health", trust_env=False).json() == {"status": "ok"}
    assert "llamacpp:" in httpx.get(f"{origin}/metrics", trust_env=False).text
    assert httpx.get(f"{origin}/props", trust_env=False).status_code == 200


def test_stream_with_usage(embedded_url: str) -> None:
    sent = chunks(ask(embedded_url, max_tokens=8, stream=True, stream_options={"include_usage": True}))
    assert "".join(each["choices"][0]["delta"].get("content") or "" for each in sent if each["choices"])
    assert sent[-1]["usage"]["completion_tokens"] == 8


def test_json_object(embedded_url: str) -> None:
    answer = ask(embedded_url, response_format={"type": "json_object"}, max_tokens=200)
    choice = answer.json()["choices"][0]
    assert choice["message"]["content"].startswith("{")
    if choice["finish_reason"] == "stop":
        assert isinstance(json.loads(choice["message"]["content"]), dict)


def test_json_schema(embedded_url: str) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "w", "schema": SCHEMA, "strict": True}}
    assert_valid(ask(embedded_url, response_format=wanted).json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize("choice", ["required", NAMED, "auto"], ids=["required", "named", "auto"])
def test_tool_call(embedded_url: str, choice: Any) -> None:
    made = ask(embedded_url, tools=[TOOL], tool_choice=choice).json()["choices"][0]
    if choice == "auto" and made["finish_reason"] != "tool_calls":
        assert isinstance(made["message"]["content"], str)
        return
    assert made["finish_reason"] == "tool_calls"
    (call,) = made["message"]["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert_valid(call["function"]["arguments"])


@pytest.mark.parametrize("choice", ["required", NAMED, "auto"], ids=["required", "named", "auto"])
def test_tool_call_streamed(embedded_url: str, choice: Any) -> None:
    asked = {"tools": [TOOL], "tool_choice": choice, "stream": True, "stream_options": {"include_usage": True}}
    sent = chunks(ask(embedded_url, **asked))
    assert sent[-1]["usage"]["total_tokens"] > 0
    deltas = [each["choices"][0]["delta"] for each in sent if each["choices"]]
    reason = [each["choices"][0]["finish_reason"] for each in sent if each["choices"]][-1]
    assert deltas[0]["role"] == "assistant"
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    if choice == "auto" and not calls:
        assert "".join(delta.get("content") or "" for delta in deltas)
        return
    assert reason == "tool_calls"
    assert calls[0]["function"]["name"] == "get_weather"
    assert len(calls) > 3
    assert_valid("".join(call["function"]["arguments"] for call in calls))


def test_after_a_result_it_answers(embedded_url: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    messages = [
        {"role": "user", "content": "Weather in Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "12 degrees, rain"},
    ]
    message = ask(embedded_url, messages=messages, tools=[TOOL], max_tokens=16).json()["choices"][0]["message"]
    assert message["content"]
    assert "tool_calls" not in message


def test_bad_tools(embedded_url: str) -> None:
    answer = ask(embedded_url, tools=[TOOL], tool_choice={"type": "function", "function": {"name": "x"}})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "tool_choice"
    assert answer.headers["x-request-id"]


def busy(url: str) -> bool:
    text = httpx.get(f"{url.removesuffix('/v1')}/metrics", timeout=10, trust_env=False).text
    return "llamacpp:requests_processing 0" not in text


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("tools", [[], [TOOL]], ids=["plain", "tools"])
def test_leaving_frees_the_model(embedded_url: str, stream: bool, tools: list[Any]) -> None:  # noqa: FBT001 - a parameter
    essay = {"role": "user", "content": "Write a very long essay about the sea."}
    body = {"messages": [essay], "max_tokens": 1900, "stream": stream, "ignore_eos": True}
    if tools:
        long = {"type": "object", "properties": {"t": {"type": "string", "minLength": 1800}}, "required": ["t"]}
        body["tools"] = [{"type": "function", "function": {"name": "f", "parameters": long}}]
        body["tool_choice"] = "required"
    with (
        httpx.Client(timeout=httpx.Timeout(10, read=1.5), trust_env=False) as client,
        pytest.raises((httpx.ReadTimeout, StopAsyncIteration)),
        client.stream("POST", f"{embedded_url}/chat/completions", json=body) as answer,
    ):
        assert busy(embedded_url)
        for number, _ in enumerate(answer.iter_raw()):
            if number == 3:
                raise StopAsyncIteration
    deadline = time.monotonic() + 5
    while busy(embedded_url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_kill_9_of_the_app_leaves_nothing() -> None:
    app = subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE)
    assert app.stdout
    guard = psutil.Process(int(app.stdout.readline()))
    family = [guard, *guard.children(recursive=True)]
    assert len(family) >= 2
    app.kill()
    app.wait(5)
    app.stdout.close()
    assert psutil.wait_procs(family, timeout=5)[1] == []


def phase(engine: EmbeddedEngine) -> Phase:
    return engine.state.phase


async def test_a_crash_is_noticed() -> None:
    engine = EmbeddedEngine()
    await engine.start()
    assert await engine.wait_ready() == engine.base_url
    assert phase(engine) is Phase.READY
    assert engine.process
    assert engine.process.guard_pid
    psutil.Process(engine.process.guard_pid).children()[0].kill()
    assert await engine.process.wait() == 137
    async with asyncio.timeout(5):
        while phase(engine) is not Phase.FAILED:  # noqa: ASYNC110 - the state is polled by its users too
            await asyncio.sleep(0.02)
    assert isinstance(engine.state.error, EngineExited)
    assert engine.base_url is None
    await engine.stop()  # type: ignore[unreachable]
    assert phase(engine) is Phase.STOPPED


async def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "no.gguf"
    file.write_text("no")
    engine = EmbeddedEngine(model_path=file)
    with pytest.raises(EngineExited, match="failed to load model"):
        async with engine:
            pass


async def test_without_xllamacpp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    engine = EmbeddedEngine()
    await engine.start()
    with pytest.raises(EngineUnavailable) as caught:
        await engine.wait_ready()
    assert caught.value.advice == "pip install 'chat-playground[local]'"
    assert phase(engine) is Phase.FAILED


async def test_stopped_while_loading() -> None:
    engine = EmbeddedEngine()
    await engine.start()
    await engine.stop()
    with pytest.raises(EngineError, match="stopped"):
        await engine.wait_ready()
