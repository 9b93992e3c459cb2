"""The supervisor is wired in one way: what the page launches and what the command line launches drain alike."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground.app.servers.supervising import make_supervisor
from playground.cli.launch import _watch
from playground.client import Client, Timeouts
from playground.engines.kinds.base import Installation
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor
from playground.engines.spec import LaunchSpec
from playground.settings import Settings
from tests.ports import free_port

# Hand-made: answers /metrics with how many requests it works on, as SGLang names it; POST /SECONDS takes that long.
SERVER = """
import argparse, http.server, time
parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
class Answers(http.server.BaseHTTPRequestHandler):
    running = 0
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"sglang:num_running_reqs %d\\n" % self.running)
    def do_POST(self):
        type(self).running += 1
        time.sleep(float(self.path.strip("/")))
        type(self).running -= 1
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", parser.parse_known_args()[0].port), Answers).serve_forever()
"""


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(Timeouts(2, 5, 5))
    yield client
    await client.aclose()


@pytest.fixture
def spec(tmp_path: Path) -> LaunchSpec:
    folder = tmp_path / "packages" / "sglang"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "launch_server.py").write_text(SERVER)
    given: dict[str, Any] = {"engine": "sglang", "model": "a/b", "port": free_port()}
    return LaunchSpec.parse({**given, "env": {"PYTHONPATH": str(folder.parent)}})


async def launch(supervisor: Supervisor, spec: LaunchSpec) -> LaunchedServer:
    server = await supervisor.launch(await supervisor.prepare(spec, Installation("python", (sys.executable,))))
    await server.wait_ready()
    return server


async def until_running(server: LaunchedServer) -> None:
    while not await server.running_requests():  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)


async def test_a_busy_server_is_not_idle(client: Client, tmp_path: Path, spec: LaunchSpec) -> None:
    supervisor = make_supervisor(Settings(cache_dir=tmp_path, drain_s=0), client)
    try:
        server = await launch(supervisor, spec.changed(idle_stop_min=0.01))
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            request = asyncio.create_task(http.post(f"{server.origin}/2"))
            assert (await request).status_code == 200  # 0.6 s are allowed
        await asyncio.wait_for(server.wait_ended(), 10)
    finally:
        await supervisor.close()


@pytest.mark.parametrize(("signals", "status"), [(1, 200), (2, None)])
async def test_a_signal_to_launch_lets_running_requests_end_and_a_second_one_does_not(
    client: Client, tmp_path: Path, spec: LaunchSpec, signals: int, status: int | None
) -> None:
    supervisor = make_supervisor(Settings(cache_dir=tmp_path, drain_s=30), client)
    try:
        prepared = await supervisor.prepare(spec, Installation("python", (sys.executable,)))
        watched = asyncio.create_task(_watch(supervisor, prepared, 30))
        while not supervisor.servers:  # noqa: ASYNC110 - it is checked first
            await asyncio.sleep(0.05)
        (server,) = supervisor.servers
        await server.wait_ready()
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            request = asyncio.create_task(http.post(f"{server.origin}/{3 if status else 25}"))
            await until_running(server)
            for _ in range(signals):
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(1.2)
            if status:
                assert (await request).status_code == status
            else:
                with pytest.raises(httpx.HTTPError):
                    await request
        assert await watched == 0
    finally:
        await supervisor.close()
