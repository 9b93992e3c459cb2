"""The script of a recorded loop, run by real shells and by Python, sends the loop's bytes again."""

import asyncio
import os
import shutil
import subprocess
import sys

import pytest

from playground.client import Client
from playground.errors import InvalidInput
from playground.loop import run_loop
from playground.snippets import render_loop
from playground.tools.definitions import make_tool
from playground.tools.execute import ToolBox
from playground.tools.mock import read_rows
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.snippets.hostile import HOSTILE, KEY
from tests.upstream import ThreadedUpstream, scripts

TOOL = make_tool("f", 'it\'s "F"', {"type": "object", "properties": {"a": {"type": "string"}}})


def record(upstream: ThreadedUpstream, text: str) -> tuple[PreparedRequest, ...]:
    """Run a loop of three turns whose user, arguments and results all hold `text`."""
    arguments = text[:200_000]
    for _ in range(2):
        upstream.enqueue(scripts.stream((), tool_calls=scripts.tool_call_fragments("f", arguments)))
    upstream.enqueue(scripts.stream(("Done.",)))
    rows = read_rows("- {tool: f, result: x}")
    rows = (rows[0].model_copy(update={"result": {"said": text, "also": [1, None]}}),)
    message = {"role": "user", "content": text}
    request = ChatRequest.parse({"model": "m", "stream": True, "messages": [message], "tools": [TOOL]})

    async def run() -> tuple[PreparedRequest, ...]:
        client = Client()
        target = Target(upstream.base_url, "TEST_API_KEY")
        box = ToolBox([TOOL], rows)
        shots = [s async for s in run_loop(request, target, client=client, toolbox=box, key=KEY)]
        await client.aclose()
        return shots[-1].requests

    return asyncio.run(run())


@pytest.mark.parametrize("program", ["bash", "dash", "python"])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_the_same_bytes_in_the_same_order(threaded_upstream: ThreadedUpstream, program: str, name: str) -> None:
    requests = record(threaded_upstream, HOSTILE[name])
    assert len(requests) == 3
    script = render_loop(requests, "python" if program == "python" else "curl")
    argv = [sys.executable, "-W", "error", "-"] if program == "python" else [shutil.which(program) or program]
    environment = {"PATH": os.environ["PATH"], "TEST_API_KEY": KEY}
    ran = subprocess.run(argv, input=script.encode(), env=environment, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    recorded = threaded_upstream.wait_for_requests(6)
    assert len(recorded) == 6
    for ours, theirs, request in zip(recorded[:3], recorded[3:], requests, strict=True):
        assert theirs.body == ours.body == request.body
        assert (theirs.method, theirs.target) == (ours.method, ours.target)
        for header in ("authorization", "content-type"):
            assert theirs.header(header) == ours.header(header)
    assert KEY not in script


def test_how_it_looks() -> None:
    request = prepare(ChatRequest.parse({"model": "m", "messages": []}), Target("http://h/v1", "K"))
    script = render_loop([request, request])
    assert script.splitlines()[:3] == [
        "# The 2 requests of a tool loop; the tool results are the recorded ones.",
        "",
        "# 1 of 2",
    ]
    assert script.count("curl http://h/v1/chat/completions") == 2
    python = render_loop([request, request], "python")
    assert python.startswith("import os\n\nimport httpx\n")
    compile(python, "script", "exec")
    bare = prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1"))
    assert render_loop([bare], "python").startswith("import httpx")
    assert "Authorization" not in render_loop([bare], "python") + render_loop([bare])


def test_a_python_script_stops_at_an_error(threaded_upstream: ThreadedUpstream) -> None:
    requests = record(threaded_upstream, "hi")
    threaded_upstream.enqueue(scripts.bad_request("No such thing."))
    script = render_loop(requests, "python")
    environment = {"PATH": os.environ["PATH"], "TEST_API_KEY": KEY}
    argv = [sys.executable, "-"]
    ran = subprocess.run(argv, input=script.encode(), env=environment, capture_output=True, timeout=60, check=False)
    assert ran.returncode != 0
    assert b"No such thing." in ran.stdout
    assert len(threaded_upstream.requests) == 4


def test_requests_that_are_of_no_loop() -> None:
    one = prepare(ChatRequest.parse({"messages": []}), Target("http://h/v1"))
    other = prepare(ChatRequest.parse({"messages": []}), Target("http://i/v1"))
    for requests in ((), (one, other)):
        with pytest.raises(InvalidInput, match="requests of one tool loop"):
            render_loop(requests)
    with pytest.raises(InvalidInput, match="cobol"):
        render_loop([one], "cobol")
