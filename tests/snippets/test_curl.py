"""Each curl command is run by real shells, and what arrives is what the client sends, byte for byte."""

import base64
import os
import shutil
import subprocess

import pytest

from playground.errors import InvalidInput
from playground.snippets import render_snippet
from playground.snippets.curl import MAX_ARGUMENT_BYTES
from playground.wire.prepared import Auth, PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.snippets.hostile import HOSTILE, KEY, LOGIN, ODD_PATHS, request_for, send_with_client
from tests.upstream import ThreadedUpstream


def run_shell(shell: str, script: str, key: str = KEY) -> None:
    program = shutil.which(shell)
    assert program, f"{shell} is missing: make setup installs it"
    environment = {"PATH": os.environ["PATH"], "TEST_API_KEY": key}
    ran = subprocess.run(
        [program], input=script.encode(), env=environment, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr[-500:]


@pytest.mark.parametrize("shell", ["bash", "dash"])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_shell_and_client_send_the_same(threaded_upstream: ThreadedUpstream, shell: str, name: str) -> None:
    request = request_for(HOSTILE[name], threaded_upstream.base_url)
    send_with_client(request)
    run_shell(shell, render_snippet(request))
    ours, curls = threaded_upstream.wait_for_requests(2)
    assert curls.body == ours.body == request.body
    assert (curls.method, curls.target) == (ours.method, ours.target)
    for header in ("authorization", "content-type"):
        assert curls.header(header) == ours.header(header)
    assert ours.header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("path", ODD_PATHS)
def test_an_odd_url_is_asked_once_and_as_by_the_client(threaded_upstream: ThreadedUpstream, path: str) -> None:
    request = prepare(ChatRequest.parse({"messages": []}), Target(threaded_upstream.base_url + path, "TEST_API_KEY"))
    send_with_client(request)
    run_shell("bash", render_snippet(request))
    ours, curls = threaded_upstream.wait_for_requests(2)
    assert len(threaded_upstream.requests) == 2
    assert curls.target == ours.target == request.url.removeprefix(threaded_upstream.origin)


@pytest.mark.parametrize("shell", ["bash", "dash"])
def test_a_login_is_encoded_by_curl_and_in_no_snippet(threaded_upstream: ThreadedUpstream, shell: str) -> None:
    request = prepare(
        ChatRequest.parse({"messages": []}), Target(threaded_upstream.base_url, "TEST_API_KEY", Auth.BASIC)
    )
    send_with_client(request, LOGIN)
    snippet = render_snippet(request)
    assert '\n  -u "$TEST_API_KEY" \\\n' in snippet
    run_shell(shell, snippet, LOGIN)
    ours, curls = threaded_upstream.wait_for_requests(2)
    assert curls.body == ours.body == request.body
    encoded = base64.b64encode(LOGIN.encode()).decode()
    assert curls.header("authorization") == ours.header("authorization") == f"Basic {encoded}"


@pytest.mark.parametrize("shell", ["bash", "dash"])
@pytest.mark.parametrize("more", [-1, 0, 1, 2, 1024, 1025])
def test_a_body_at_the_limit_of_one_argument(threaded_upstream: ThreadedUpstream, shell: str, more: int) -> None:
    def body_of(length: int) -> PreparedRequest:
        message = {"role": "user", "content": "'" * length}
        return prepare(ChatRequest.parse({"messages": [message]}), Target(threaded_upstream.base_url, "TEST_API_KEY"))

    request = body_of(MAX_ARGUMENT_BYTES + more - len(body_of(0).body))
    assert len(request.body) == MAX_ARGUMENT_BYTES + more
    snippet = render_snippet(request)
    assert snippet.startswith("printf" if more > 0 else "curl")
    run_shell(shell, snippet)
    assert threaded_upstream.wait_for_requests(1)[0].body == request.body


def test_a_header_that_would_expand_is_quoted_once_more() -> None:
    request = PreparedRequest(
        "POST", "http://h/v1", "K", (("X-Odd", '$HOME `id` "!" it\'s'), ("X-Plain", "it's")), b"{}"
    )
    assert render_snippet(request).splitlines()[1:-1] == [
        '  -H "Authorization: Bearer $K" \\',
        """  -H 'X-Odd: $HOME `id` "!" it'\\''s' \\""",
        """  -H "X-Plain: it's" \\""",
    ]


def test_a_url_is_quoted() -> None:
    request = prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1?a=1&b='x y'", None))
    assert render_snippet(request).splitlines()[0] == """curl 'http://h/v1/chat/completions?a=1&b='"'"'x%20y'"'"'' \\"""


def test_no_key_no_authorization() -> None:
    assert "Authorization" not in render_snippet(prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1")))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cobol"):
        render_snippet(prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1")), "cobol")
