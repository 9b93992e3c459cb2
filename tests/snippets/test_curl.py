"""Each curl command is run by real shells, and what arrives is what the client sends, byte for byte."""

import asyncio
import os
import shutil
import subprocess
from typing import Any

import pytest

from playground.client import Client
from playground.errors import InvalidInput
from playground.snippets import render_snippet
from playground.snippets.curl import MAX_ARGUMENT_BYTES
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import ThreadedUpstream

KEY = "sk-made-up $HOME `x`"
HOSTILE = {
    "quotes": "it's \"quoted\" '' '\\''",
    "expansion": "$(touch /tmp/x) `id` $HOME ${PATH} $$",
    "newlines": "a\nb\r\nc\n\n",
    "at file": "@/etc/passwd",
    "bang": "!! !$ wow!",
    "backslashes": "\\ \\\\ \\n \\' \\u0041",
    "unicode": "🌍 e\u0301 \u2028 \u2029 \ufeff",
    "nul": "before\0after",
    "percent": "%s %d %% %n",
    "empty": "",
    "one megabyte": "x'\"$\n" * 200_000,
}


def request_for(text: str, base_url: str) -> PreparedRequest:
    body: dict[str, Any] = {
        "model": text[:100] or "m",
        "messages": [{"role": "user", "content": text}],
        f"x_{text[:20]}": {"nested": [text[:50], 1, None], "lone surrogate": "\ud83d"},
    }
    return prepare(ChatRequest.parse(body), Target(base_url, "TEST_API_KEY"))


ODD_PATHS = (
    "?a=1&b=x y",
    "?q='it'\"s\"",
    "/a b/$HOME/!x",
    "/{a,b}/[1-3]",
    "/%7Ex/%2f?q=%zz",
    "/é?ü=🌍",
    "/a|b^c`id`d\\e",
    "/x/../y",
)


def run_shell(shell: str, script: str) -> None:
    program = shutil.which(shell)
    assert program, f"{shell} is missing: make setup installs it"
    environment = {"PATH": os.environ["PATH"], "TEST_API_KEY": KEY}
    ran = subprocess.run(
        [program], input=script.encode(), env=environment, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr[-500:]


def send_with_client(request: PreparedRequest) -> None:
    async def send() -> None:
        client = Client()
        async for _ in client.events(request, KEY):
            pass
        await client.aclose()

    asyncio.run(send())


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
    assert render_snippet(request).splitlines()[0] == """curl 'http://h/v1?a=1&b='"'"'x%20y'"'"'/chat/completions' \\"""


def test_no_key_no_authorization() -> None:
    assert "Authorization" not in render_snippet(prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1")))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cobol"):
        render_snippet(prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1")), "cobol")
