"""`send`: what goes where, the document, and the exit statuses."""

import json
import re
import signal
import socket
import subprocess
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from playground.cli import main
from tests.cli.running import ARGV, KEY, ROOT, environment, playground
from tests.upstream import Recorded, Script, ThreadedUpstream, scripts

FIELDS = [
    "request",
    "status",
    "response_headers",
    "message",
    "finish_reason",
    "usage",
    "timings",
    "notes",
    "error",
    "exchange",
]


def test_the_answer_is_alone_on_stdout_as_it_was_sent(threaded_upstream: ThreadedUpstream) -> None:
    pieces = ("Hel", "lo\x1b[2J", " 🌍")
    threaded_upstream.enqueue(scripts.stream(pieces, reasoning=("hm", "m"), usage=scripts.usage()))
    ran = playground("send", "streaming-moe", "--backend", threaded_upstream.base_url, "--model", "test/echo")
    assert (ran.status, ran.out) == (0, "Hello\x1b[2J 🌍\n")
    reasoning, figures = ran.err.splitlines()
    assert reasoning == "hmm"
    assert figures.startswith("200 · first token ")
    assert " · 5 tokens · " in figures
    assert figures.endswith(" · stop")
    (sent,) = threaded_upstream.requests
    assert sent.header("authorization") == f"Bearer {KEY}"
    assert list(sent.json().items())[:2] == [("model", "test/echo"), ("stream", True)]


def test_tool_calls_are_a_line_each(threaded_upstream: ThreadedUpstream) -> None:
    calls = scripts.tool_call_fragments("lookup_region", '{"code":', ' "eu"}')
    threaded_upstream.enqueue(scripts.stream((), tool_calls=calls))
    ran = playground("send", "tools-lookup-region", "--backend", threaded_upstream.base_url)
    assert (ran.status, ran.out) == (0, 'lookup_region({"code": "eu"})\n')


def test_the_document(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.answer("Hi 🌍", usage=scripts.usage(), headers=(("x-odd", "a"), ("x-odd", "b"))))
    ran = playground(
        "send", "chat-odd-sum", "--json", "--backend", threaded_upstream.base_url, PYTHONIOENCODING="ascii"
    )
    document = json.loads(ran.out)
    (sent,) = threaded_upstream.requests
    assert (ran.status, ran.err, list(document)) == (0, "", FIELDS)
    assert document["request"] == {
        "method": "POST",
        "url": f"{threaded_upstream.base_url}/chat/completions",
        "headers": {"Authorization": "Bearer $CUSTOM_API_KEY", "Content-Type": "application/json"},
        "body": sent.body.decode(),
    }
    assert document["status"] == 200
    assert document["response_headers"]["x-odd"] == "a, b"
    assert document["message"] == {"role": "assistant", "content": "Hi 🌍"}
    assert (document["finish_reason"], document["usage"]["completion_tokens"]) == ("stop", 5)
    assert document["timings"]["e2e_s"] > 0
    assert document["error"] is None


def test_a_cut_stream_keeps_what_came(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.default(scripts.cut_stream(("Hel", "lo")))
    ran = playground("send", "streaming-moe", "--backend", threaded_upstream.base_url)
    assert (ran.status, ran.out) == (1, "Hello\n")
    figures, error = ran.err.splitlines()
    assert figures.endswith(" · unfinished")
    assert error.startswith("playground: The ")
    ran = playground("send", "streaming-moe", "--json", "--backend", threaded_upstream.base_url)
    document = json.loads(ran.out)
    assert (ran.status, document["status"], document["finish_reason"]) == (1, 200, None)
    assert document["message"] == {"role": "assistant", "content": "Hello"}
    assert document["error"]["type"] == "StreamInterrupted"


def test_an_error_that_repeats_the_key_does_not_show_it(threaded_upstream: ThreadedUpstream) -> None:
    def tell(request: Recorded) -> Script:
        said = (request.header("authorization") or "").removeprefix("Bearer ")
        return scripts.router_error(401, f"Incorrect API key\n\x1b[2J provided: {said}.")

    threaded_upstream.default(tell)
    where: dict[str, Any] = {
        "PLAYGROUND_THEROUTER_BASE_URL": threaded_upstream.base_url,
        "PLAYGROUND_LOG_LEVEL": "debug",
    }
    ran = playground("send", "chat-odd-sum", **where)
    assert (ran.status, ran.out) == (1, "")
    assert "Incorrect API key \\x1b[2J provided: $THEROUTER_API_KEY." in ran.err.splitlines()[-1]
    document = json.loads(playground("send", "chat-odd-sum", "--json", **where).out)
    assert document["message"] is None
    assert (document["error"]["type"], document["error"]["status_code"]) == ("APIStatusError", 401)
    assert "$THEROUTER_API_KEY" in document["error"]["body"]


@pytest.mark.parametrize(
    ("words", "requests", "status"), [((), 1, 1), (("--retries", "1"), 2, 1), (("--retries", "5"), 3, 0)]
)
def test_it_tries_again_only_when_told_to(
    threaded_upstream: ThreadedUpstream, words: tuple[str, ...], requests: int, status: int
) -> None:
    busy = scripts.rate_limited(retry_after="0")
    threaded_upstream.enqueue(busy, busy)
    ran = playground("send", "chat-odd-sum", "--backend", threaded_upstream.base_url, *words)
    assert (ran.status, len(threaded_upstream.requests)) == (status, requests)


def test_other_errors_are_final(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.bad_request("No."), scripts.cut_stream())
    for _ in range(2):
        ran = playground("send", "streaming-moe", "--retries", "3", "--backend", threaded_upstream.base_url)
        assert ran.status == 1
    assert len(threaded_upstream.requests) == 2


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        ran = playground("send", "chat-odd-sum", "--json", "--backend", url)
    document = json.loads(ran.out)
    assert (ran.status, document["status"], document["error"]["type"]) == (1, None, "ConnectFailed")
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("nonesuch",), b"", "no preset 'nonesuch'.*chat-odd-sum"),
        (("--request", "/none/such.json"), b"", "/none/such.json cannot be read: No such file"),
        (("--request", "/"), b"", "/ cannot be read: Is a directory"),
        (("--request", "-"), b'{"messages": [}', "standard input: Invalid JSON: .*line 1, column 15"),
        (("--request", "-"), b"\xff", "standard input: Invalid JSON"),
        (("--request", "-"), b'{"model": "m"}', "standard input: This is not a chat request at messages"),
        (("--request", "-"), b"[]", "standard input: This is not a chat request"),
        (("chat-odd-sum", "--backend", "nowhere"), b"", "no backend 'nowhere'"),
        (("chat-odd-sum", "--request", "-"), b"", "not allowed with argument.*--help"),
        ((), b"", "required.*--help"),
        (("chat-odd-sum", "--retries", "-1"), b"", "less than 0"),
    ],
)
def test_bad_input_is_one_line_and_a_document(
    words: tuple[str, ...], stdin: bytes, said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # in this process, because a new one takes half a second
    monkeypatch.setenv("THEROUTER_API_KEY", KEY)
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin)))
    status = main(["send", *words, "--json"])
    out, err = capfd.readouterr()
    assert status == 2
    assert len(err.splitlines()) == 1
    assert re.search(said, err), err
    document = json.loads(out)
    assert list(document) == FIELDS
    assert document["error"]["message"] in err
    assert KEY not in out + err


def test_no_key() -> None:
    ran = playground("send", "chat-odd-sum", THEROUTER_API_KEY="")
    assert (ran.status, ran.out) == (2, "")
    assert "set THEROUTER_API_KEY" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_bad_setting() -> None:
    ran = playground("send", "chat-odd-sum", PLAYGROUND_PORT="many")
    assert (ran.status, ran.out) == (2, "")
    assert "PLAYGROUND_PORT" in ran.err


def start(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*ARGV, *words],
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_interrupted_it_leaves_the_server(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.default(scripts.stall_between(("Hel",)))
    with start("send", "streaming-moe", "--backend", threaded_upstream.base_url) as process:
        assert process.stdout is not None
        assert process.stdout.read(3) == "Hel"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    threaded_upstream.wait_for_disconnect()


def test_a_reader_that_goes_away_is_no_fault_of_ours(threaded_upstream: ThreadedUpstream) -> None:
    endless = scripts.stream(["x" * 1000] * 200, per_second=200)
    threaded_upstream.default(endless)
    with start("send", "streaming-moe", "--backend", threaded_upstream.base_url) as process:
        assert process.stdout is not None
        assert process.stdout.read(3) == "xxx"
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    assert (process.returncode, err) == (141, "")
    threaded_upstream.wait_for_disconnect()


@pytest.mark.parametrize("name", ["a request.json", "-"])
def test_a_request_from_a_file_keeps_every_field(
    threaded_upstream: ThreadedUpstream, tmp_path: Path, name: str
) -> None:
    text = b'\xef\xbb\xbf{"messages": [], "x_odd": {"b": 1, "a": [null]}, "model": "m"}'
    path = tmp_path / name
    path.write_bytes(text)
    given = "-" if name == "-" else str(path)
    ran = playground("send", "--request", given, "--backend", threaded_upstream.base_url, stdin=text)
    assert ran.status == 0, ran.err
    (sent,) = threaded_upstream.requests
    assert list(sent.json().items()) == [("messages", []), ("x_odd", {"b": 1, "a": [None]}), ("model", "m")]
