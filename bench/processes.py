"""The processes of a run: app, upstream, relay; each its own, so that each has its own CPU time."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]
START_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it is, and its process."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds so far, in user and kernel mode; to 10 ms on Linux."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        """Resident memory now."""
        return float(self.process.memory_info().rss) / 2**20


def environment(**settings: str) -> dict[str, str]:
    """The environment without anything that sets up a playground, but `settings`."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("PLAYGROUND_") and not n.endswith("_API_KEY")}
    return kept | {"no_proxy": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False"} | settings


@contextmanager
def running(words: Sequence[str], says: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`python *words`, from the moment it says a line that matches `says`, whose group is its port.

    Raises:
        RuntimeError: it said something else, or nothing.
    """
    command = [sys.executable, *words]
    env = env or environment()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            found = re.search(says, said)
            if not found:
                raise RuntimeError(f"{' '.join(words)} said {said!r}")
            yield Server(f"http://127.0.0.1:{found[1]}", psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait(START_S)


@contextmanager
def upstream(chunks: int, per_second: float) -> Iterator[Server]:
    """The replay server at that pace, unless a request asks for another."""
    words = ["-m", "tests.upstream", "--chunks", str(chunks), "--per-second", str(per_second)]
    with running(words, r"listening on (\d+)") as server:
        yield server


@contextmanager
def relay(source: Server) -> Iterator[Server]:
    """The bare Starlette route before `source`."""
    with running(["-m", "bench.relay", source.url], r"listening on (\d+)") as server:
        ready(server.url)
        yield server


@contextmanager
def app(source: Server) -> Iterator[Server]:
    """The playground, its Custom URL set to `source`, without the embedded model."""
    env = environment(
        PLAYGROUND_EMBEDDED="false", PLAYGROUND_BACKEND="custom", PLAYGROUND_CUSTOM_BASE_URL=f"{source.url}/v1"
    )
    with running(["app.py", "--port", "0"], r"http://127\.0\.0\.1:(\d+)", env) as server:
        ready(server.url)
        yield server


def ready(url: str) -> None:
    """Wait for its first 200.

    Raises:
        RuntimeError: another status.
    """
    transport = httpx.HTTPTransport(retries=3)
    with httpx.Client(transport=transport, trust_env=False, timeout=START_S) as client:
        status = client.get(url).status_code
    if status != httpx.codes.OK:
        raise RuntimeError(f"{url} answered {status}")


def free_port() -> int:
    """A port that nobody holds now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def load(url: str, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """What `bench.load`, in its own process, sees of these requests sent at once.

    Raises:
        subprocess.CalledProcessError: a request failed.
    """
    asked = json.dumps({"url": url, "bodies": bodies})
    command = [sys.executable, "-m", "bench.load"]
    done = subprocess.run(
        command, input=asked, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(), check=True
    )
    seen: list[dict[str, float]] = json.loads(done.stdout)
    return seen
