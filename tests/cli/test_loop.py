"""`send` with tools: the loop, what it prints, and its document."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from playground.cli import main
from tests.cli.running import KEY, playground
from tests.cli.test_send import FIELDS, start
from tests.upstream import ThreadedUpstream, scripts

TOOL = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object"}}}
MOCK = "- {tool: ping, result: {pong: é}}\n"
LOOKUP = scripts.stream((), tool_calls=scripts.tool_call_fragments("lookup_region", '{"code": ', '"ap-northeast-1"}'))
PING = scripts.stream(("Hm.",), tool_calls=scripts.tool_call_fragments("ping", "{}"))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tools.json").write_text(json.dumps([TOOL]))
    (tmp_path / "mock.yaml").write_text(MOCK)
    return {"tools": str(tmp_path / "tools.json"), "mock": str(tmp_path / "mock.yaml")}


def test_every_turn_is_printed(threaded_upstream: ThreadedUpstream, files: dict[str, str]) -> None:
    threaded_upstream.enqueue(LOOKUP, PING, scripts.stream(("To", "kyo")))
    ran = playground(
        *("send", "tools-lookup-region", "--backend", threaded_upstream.base_url),
        *("--tools", files["tools"], "--mock", files["mock"], "--builtin", "lookup_region"),
    )
    first, second, third, fourth, fifth, last = ran.out.splitlines()
    assert (ran.status, first, third) == (0, 'lookup_region({"code": "ap-northeast-1"})', "Hm.")
    assert second.startswith('lookup_region (builtin) → {"code": "ap-northeast-1", "name": "Asia Pacific (Tokyo)"')
    assert fourth == "ping({})"
    assert fifth == 'ping (mock) → {"pong": "é"}'
    assert last == "Tokyo"
    assert ran.err.splitlines()[0] == f"playground: {files['tools']}: ping added to the request's tools"
    assert sum(line.startswith("200 · ") for line in ran.err.splitlines()) == 3
    bodies = [request.json() for request in threaded_upstream.requests]
    assert [tool["function"]["name"] for tool in bodies[0]["tools"]] == ["lookup_region", "ping"]
    assert bodies[0]["tools"][1] == TOOL
    assert [len(body["messages"]) for body in bodies] == [1, 3, 5]


def test_the_document_has_every_turn(threaded_upstream: ThreadedUpstream, files: dict[str, str]) -> None:
    threaded_upstream.enqueue(PING, scripts.stream(("Tokyo",), usage=scripts.usage()))
    ran = playground(
        *("send", "tools-lookup-region", "--json", "--backend", threaded_upstream.base_url),
        *("--tools", files["tools"], "--mock", files["mock"]),
    )
    document = json.loads(ran.out)
    assert (ran.status, list(document)) == (0, [*FIELDS, "turns", "end"])
    assert document["end"] == "answered"
    assert document["message"] == {"role": "assistant", "content": "Tokyo"}
    first, last = document["turns"]
    assert list(first) == [*FIELDS, "results"]
    assert {key: document[key] for key in FIELDS} == {key: last[key] for key in FIELDS}
    (result,) = first["results"]
    assert result.pop("took_s") >= 0
    assert result == {
        "tool_call_id": "call_0",
        "name": "ping",
        "content": '{"pong": "é"}',
        "source": "mock",
        "failed": False,
        "problems": [],
    }
    assert first["message"]["tool_calls"][0]["id"] == "call_0"
    assert [turn["request"]["body"] for turn in document["turns"]] == [
        request.body.decode() for request in threaded_upstream.requests
    ]
    assert last["results"] == []


def test_the_cap_is_said_and_no_success(threaded_upstream: ThreadedUpstream, files: dict[str, str]) -> None:
    threaded_upstream.default(PING)
    words = ("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, "--tools", files["tools"])
    ran = playground(*words, "--mock", files["mock"], "--max-turns", "2")
    assert ran.status == 1
    assert "still called tools in turn 2" in ran.err.splitlines()[-1]
    assert len(threaded_upstream.requests) == 2
    document = json.loads(playground(*words, "--mock", files["mock"], "--max-turns", "2", "--json").out)
    assert (document["end"], document["error"], len(document["turns"])) == ("too many turns", None, 2)


def test_a_call_that_nobody_answers(threaded_upstream: ThreadedUpstream, files: dict[str, str]) -> None:
    threaded_upstream.default(PING)
    ran = playground("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, "--tools", files["tools"])
    assert (ran.status, ran.out) == (0, "Hm.\nping({})\n")
    assert "Nothing here answers ping: supply results with --mock" in ran.err.splitlines()[-1]


def test_an_error_in_a_later_turn(threaded_upstream: ThreadedUpstream, files: dict[str, str]) -> None:
    threaded_upstream.enqueue(PING, scripts.rate_limited())
    words = ("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, "--tools", files["tools"])
    ran = playground(*words, "--mock", files["mock"], "--json")
    document = json.loads(ran.out)
    assert (ran.status, document["status"], document["end"]) == (1, 429, "failed")
    assert document["turns"][0]["results"][0]["name"] == "ping"
    assert ran.err.splitlines()[-1].startswith("playground: 429 ")


def test_a_builtin_is_used_only_when_it_is_named(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.default(LOOKUP)
    words = ("send", "tools-lookup-region", "--backend", threaded_upstream.base_url)
    ran = playground(*words, "--max-turns", "2")
    assert "Nothing here answers lookup_region" in ran.err
    assert len(threaded_upstream.requests) == 1
    ran = playground("send", "chat-odd-sum", *words[2:], "--builtin", "calculate", "--max-turns", "1")
    assert "--builtin: calculate added to the request's tools" in ran.err
    assert threaded_upstream.requests[-1].json()["tools"][0]["function"]["name"] == "calculate"


def test_the_hosts_of_http_get_json(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.on("/data", scripts.json_body({"a": 1}))
    url = json.dumps({"url": f"{threaded_upstream.origin}/data"})
    get = scripts.stream((), tool_calls=scripts.tool_call_fragments("http_get_json", url))
    threaded_upstream.enqueue(get, scripts.stream(("ok",)), get, scripts.stream(("ok",)))
    words = ("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, "--builtin", "http_get_json")
    assert "is not on the list" in playground(*words).out
    hosts = f"example.org, 127.0.0.1:{threaded_upstream.port}"
    assert '→ {"a": 1}' in playground(*words, PLAYGROUND_TOOL_HOSTS=hosts).out


def test_tool_choice_after(threaded_upstream: ThreadedUpstream, files: dict[str, str], tmp_path: Path) -> None:
    threaded_upstream.enqueue(PING, scripts.stream(("ok",)), PING, scripts.stream(("ok",)))
    request = {"model": "m", "stream": True, "messages": [], "tools": [TOOL], "tool_choice": "required"}
    (tmp_path / "request.json").write_text(json.dumps(request))
    words = ("send", "--request", str(tmp_path / "request.json"), "--backend", threaded_upstream.base_url)
    ran = playground(*words, "--mock", files["mock"])
    assert "tool_choice forces a call in every turn" in ran.err.splitlines()[0]
    ran = playground(*words, "--mock", files["mock"], "--tool-choice-after", "auto")
    assert "forces" not in ran.err
    choices = [request.json()["tool_choice"] for request in threaded_upstream.requests]
    assert choices == ["required", "required", "required", "auto"]


def test_a_preset_with_mock_results_runs_the_loop(threaded_upstream: ThreadedUpstream, tmp_path: Path) -> None:
    preset: dict[str, Any] = {
        "title": "t",
        "tab": "tools",
        "about": "a",
        "source": "s",
        "order": 1,
        "request": {"messages": [{"role": "user", "content": "hi"}], "tools": [TOOL]},
        "mock": [{"tool": "ping", "result": "pong"}],
    }
    (tmp_path / "mine.yaml").write_text(json.dumps(preset))
    threaded_upstream.enqueue(PING, scripts.stream(("ok",)))
    ran = playground("send", "mine", "--backend", threaded_upstream.base_url, PLAYGROUND_PRESETS_DIR=str(tmp_path))
    assert (ran.status, ran.out) == (0, "Hm.\nping({})\nping (mock) → pong\nok\n")
    listed = json.loads(playground("presets", "--json", PLAYGROUND_PRESETS_DIR=str(tmp_path)).out)
    assert listed[0]["mock"] == preset["mock"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tools", "/none/such"), "/none/such cannot be read: No such file"),
        (("--tools", "{dir}/bad.json"), r"bad\.json: line 1, column 2, /0: the tool has no type.* \(1 more\)"),
        (("--tools", "{dir}/same.json"), "already has a tool called lookup_region"),
        (("--tools", "{dir}/latin.json"), "not UTF-8: byte 0"),
        (("--mock", "{dir}/bad.json"), r"bad\.json: row 1\.tool: Field required"),
        (("--builtin", "rm"), "no built-in function 'rm'. There are lookup_region"),
        (("--max-turns", "0"), "0 is less than 1"),
        (("--max-turns", "2", "--retries", "1"), "--retries applies to a single request"),
        (("--tool-choice-after", "x"), "invalid choice"),
    ],
)
def test_bad_input(
    words: tuple[str, ...],
    said: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THEROUTER_API_KEY", KEY)
    (tmp_path / "bad.json").write_text('[{"function": {}}]')
    (tmp_path / "same.json").write_text('{"name": "lookup_region"}')
    (tmp_path / "latin.json").write_bytes(b"\xe9")
    status = main(["send", "tools-lookup-region", *(word.format(dir=tmp_path) for word in words)])
    out, err = capfd.readouterr()
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert re.search(said, err), err


def test_interrupted_while_a_tool_runs(threaded_upstream: ThreadedUpstream, tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("- {tool: ping, result: 1, delay_s: 600}")
    threaded_upstream.default(PING)
    words = ("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, "--mock", str(tmp_path / "slow.yaml"))
    with start(*words) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Hm.\n"
        assert process.stdout.readline() == "ping({})\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
