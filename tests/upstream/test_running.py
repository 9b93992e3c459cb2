"""The server in a thread, with TLS, as a process."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from tests.upstream import ThreadedUpstream, scripts
from tests.upstream.naive import CHAT, chat, contents

ROOT = Path(__file__).parents[2]


def test_in_a_thread(threaded: ThreadedUpstream) -> None:
    threaded.enqueue(scripts.stall_between())
    with httpx.stream("POST", threaded.origin + CHAT, json=chat()) as response:
        next(response.iter_raw())
        threaded.wait_until(lambda: threaded.requests[0].chunks_written == 2)
    assert [r.outcome for r in threaded.wait_for_disconnect(1, timeout_s=1)] == ["disconnected"]
    with pytest.raises(TimeoutError, match="not within 0 s"):
        threaded.wait_for_requests(2, timeout_s=0)


@pytest.fixture
def threaded() -> Iterator[ThreadedUpstream]:
    with ThreadedUpstream() as upstream:
        yield upstream


def test_a_port_in_use_is_said(threaded: ThreadedUpstream) -> None:
    with pytest.raises(OSError, match="address already in use"), ThreadedUpstream(port=threaded.port):
        pass


def test_with_tls() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    with ThreadedUpstream(tls=theirs) as upstream, httpx.Client(verify=ours) as client:
        assert upstream.base_url.startswith("https://127.0.0.1:")
        assert client.get(f"{upstream.base_url}/models").status_code == 200
        upstream.enqueue(scripts.stall_first())
        with pytest.raises(httpx.ReadTimeout):
            client.post(upstream.origin + CHAT, json=chat(), timeout=0.2)
        upstream.wait_for_disconnect(1, timeout_s=1)
        upstream.enqueue(scripts.cut_stream(reset=True))
        with pytest.raises(httpx.TransportError):
            client.post(upstream.origin + CHAT, json=chat())


def test_as_a_process() -> None:
    command = [sys.executable, "-m", "tests.upstream", "--chunks", "5", "--per-second", "500", "--report"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().removeprefix("listening on "))
        response = httpx.post(f"http://127.0.0.1:{port}{CHAT}", json=chat(stream=True))
        assert contents(response.content) == "word " * 5
        line = json.loads(process.stdout.readline())
        assert (line["outcome"], line["chunks_written"]) == ("complete", 8)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_pace_that_cannot_be_is_refused() -> None:
    command = [sys.executable, "-m", "tests.upstream", "--per-second", "0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert "per_second is 0.0" in ended.stderr
