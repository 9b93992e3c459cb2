"""Each Python script is run, and what arrives is what the client sends, byte for byte."""

import base64
import os
import subprocess
import sys

import pytest

from playground.snippets import render_loop, render_snippet
from playground.wire.prepared import Auth, Target, prepare
from playground.wire.request import ChatRequest
from tests.snippets.hostile import HOSTILE, KEY, LOGIN, ODD_PATHS, request_for, send_with_client
from tests.upstream import ThreadedUpstream, scripts


def run_python(script: str, key: str = KEY) -> "subprocess.CompletedProcess[bytes]":
    environment = {"PATH": os.environ["PATH"], "TEST_API_KEY": key}
    argv = [sys.executable, "-W", "error", "-"]
    return subprocess.run(argv, input=script.encode(), env=environment, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_script_and_client_send_the_same(threaded_upstream: ThreadedUpstream, name: str) -> None:
    path = ODD_PATHS[sorted(HOSTILE).index(name) % len(ODD_PATHS)]
    request = request_for(HOSTILE[name], threaded_upstream.base_url + path)
    send_with_client(request)
    run_python(render_snippet(request, "python"))
    ours, scripts_own = threaded_upstream.wait_for_requests(2)
    assert scripts_own.body == ours.body == request.body
    assert (scripts_own.method, scripts_own.target) == (ours.method, ours.target)
    for header in ("authorization", "content-type"):
        assert scripts_own.header(header) == ours.header(header)


def test_a_login_is_read_from_the_environment(threaded_upstream: ThreadedUpstream) -> None:
    target = Target(threaded_upstream.base_url, "TEST_API_KEY", Auth.BASIC)
    request = prepare(ChatRequest.parse({"messages": []}), target)
    send_with_client(request, LOGIN)
    ran = run_python(render_snippet(request, "python"), LOGIN)
    assert ran.returncode == 0, ran.stderr
    ran = run_python(render_loop([request], "python"), LOGIN)
    assert ran.returncode == 0, ran.stderr
    ours, *theirs = threaded_upstream.wait_for_requests(3)
    encoded = base64.b64encode(LOGIN.encode()).decode()
    assert {sent.header("authorization") for sent in (ours, *theirs)} == {f"Basic {encoded}"}
    assert {sent.body for sent in (ours, *theirs)} == {request.body}


def test_it_prints_the_stream(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.stream(("Hel", "lo 🌍")))
    ran = run_python(render_snippet(request_for("hi", threaded_upstream.base_url), "python"))
    assert ran.returncode == 0, ran.stderr
    assert b"".join(scripts.stream_events(("Hel", "lo 🌍"))) == ran.stdout


def test_it_prints_an_error_and_fails(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.bad_request("No such thing."))
    ran = run_python(render_snippet(request_for("hi", threaded_upstream.base_url), "python"))
    assert ran.returncode != 0
    assert b"No such thing." in ran.stdout


def test_how_it_looks() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "it's"}]}
    script = render_snippet(prepare(ChatRequest.parse(body), Target("http://h/v1", "K")), "python")
    assert (
        script
        == """\
import os

import httpx

body = (
    '{\\n'
    '    "model": "m",\\n'
    '    "messages": [{"role": "user", "content": "it\\'s"}]\\n'
    '  }'
).encode()

headers = {
    "Authorization": f"Bearer {os.environ['K']}",
    "Content-Type": "application/json",
}

with httpx.stream("POST", "http://h/v1/chat/completions", headers=headers, content=body, timeout=300) as response:
    for text in response.iter_text():
        print(text, end="", flush=True)
response.raise_for_status()"""
    )
    bare = render_snippet(prepare(ChatRequest.parse(body), Target("http://h/v1")), "python")
    assert bare.startswith("import httpx")
    assert "Authorization" not in bare
