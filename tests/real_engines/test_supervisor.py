"""Each real engine through the supervisor: it comes up, answers, fails in real ways, and never leaves a process."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from playground.engines.launch.processes import find_family
from playground.engines.launch.registry import Record, Registry
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor
from playground.errors import InvalidLaunch
from playground.phases import LAUNCH, Phase
from tests.engines.launch.engine import launch
from tests.real_engines.engine import ENGINES, MODEL
from tests.real_engines.running import READY_S
from tests.real_engines.supervised import installation_of, phase_of, spec_of, supervisor_in

GONE_S = 10.0
KEY = "sk-real-0123456789"
TOLERANCE_BYTES = 500_000_000  # other work of the machine


def engine_processes(engine: str) -> list[psutil.Process]:
    """All that runs from the engine's environment, or says that it is the engine's."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        is_its = str(ENGINES[engine].venv) in line or line.startswith((f"{engine}::", engine.upper() + "::"))
        if is_its and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


async def none_left(engine: str, within_s: float = 0) -> None:
    deadline = time.monotonic() + within_s
    while left := engine_processes(engine):
        if time.monotonic() > deadline:
            raise AssertionError([(process.pid, process.cmdline()[:4]) for process in left])
        await asyncio.sleep(0.2)


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def supervisor(tmp_path: Path, engine: str) -> AsyncIterator[Supervisor]:
    await none_left(engine)
    made = supervisor_in(tmp_path)
    yield made
    await made.close()
    await none_left(engine)


@contextlib.asynccontextmanager
async def streaming(server: LaunchedServer) -> AsyncIterator[httpx.Response]:
    """A stream that has begun, and would go on for minutes."""
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Write a very long essay about the sea."}],
        "max_tokens": 1900,
        "ignore_eos": True,
        "stream": True,
    }
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
        client.stream("POST", f"{server.record.base_url}/chat/completions", json=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        chunks = response.aiter_raw()  # held until the end: one that is let go closes the connection
        await anext(chunks)
        yield response
        del chunks


async def test_it_comes_up_answers_and_is_stopped_in_a_stream(supervisor: Supervisor, engine: str) -> None:
    available = psutil.virtual_memory().available
    server = await launch(supervisor, spec_of(engine, api_key=KEY), installation_of(engine))
    seen: list[tuple[object, float | None]] = []
    version = -1
    async with asyncio.timeout(READY_S):
        while not server.state.is_ready:
            version = await supervisor.wait_change(version, 1)
            seen.append((server.state.phase, server.state.fraction))
            assert not server.state.has_ended, server.state
    phases = [phase for phase, _ in seen if phase in LAUNCH]
    assert phases == sorted(phases, key=LAUNCH.index)
    assert {Phase.STARTING, Phase.LOADING, Phase.KV_CACHE, Phase.READY} <= set(phases)
    # Lines that come at once are seen as one change, so whether all weights were loaded is asked of the log.
    assert any("100%" in line or "Loading weights took" in line for line in server.log.read().lines)
    assert server.state.figures["kv_tokens"] > 0
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        url = f"{server.state.base_url}/chat/completions"
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8}
        assert (await client.post(url, json=body)).status_code == 401
        answer = await client.post(url, json=body, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.json()["choices"][0]["message"]["content"]
    assert all(KEY not in " ".join(process.cmdline()) for process in engine_processes(engine))
    await asyncio.sleep(2)  # what the record says of its processes is as old as that
    family = [psutil.Process(each.pid) for each in server.processes]
    held = sum(process.memory_info().rss for process in family)
    assert held > 500_000_000
    shared = server.record.shared
    supervisor.touch(server.name)  # as the app does: the gauges know it a while later only
    async with streaming(server):
        began = time.monotonic()
        await server.stop(drain_s=5)
        took = time.monotonic() - began
    assert phase_of(server) is Phase.STOPPED
    assert 5 <= took < 5 + 15 + 8
    assert psutil.wait_procs(family, timeout=0)[1] == []
    await none_left(engine)
    deadline = time.monotonic() + 10
    while (lost := available - psutil.virtual_memory().available) > max(TOLERANCE_BYTES, held / 3):
        assert time.monotonic() < deadline, f"{lost} bytes of memory are still held"
        await asyncio.sleep(0.2)
    assert not {*shared} & {*os.listdir("/dev/shm")}  # noqa: PTH208, S108
    for file in supervisor.registry.folder.iterdir():
        assert KEY.encode() not in file.read_bytes(), file


async def test_a_bad_flag_is_named_and_a_busy_port_refused(supervisor: Supervisor, engine: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InvalidLaunch, match=rf"port: {port} .* is taken by .*process {os.getpid()}"):
            await launch(supervisor, spec_of(engine, port=port), installation_of(engine))
    server = await launch(supervisor, spec_of(engine, "--no-such-flag"), installation_of(engine))
    await asyncio.wait_for(server.wait_ended(), READY_S)
    state = server.state
    assert (state.phase, state.returncode) == (Phase.FAILED, 2)
    assert state.diagnosis
    assert "--no-such-flag" in state.diagnosis.cause


async def test_a_bad_path_is_named(supervisor: Supervisor, engine: str) -> None:
    server = await launch(supervisor, spec_of(engine, model="/path/nonesuch"), installation_of(engine))
    await asyncio.wait_for(server.wait_ended(), READY_S)
    assert phase_of(server) is Phase.FAILED
    assert server.state.diagnosis
    assert "/path/nonesuch" in server.state.diagnosis.cause


async def test_a_context_too_long_has_a_fix(supervisor: Supervisor, engine: str) -> None:
    server = await launch(supervisor, spec_of(engine, context_length=100_000), installation_of(engine))
    await asyncio.wait_for(server.wait_ended(), READY_S)
    assert phase_of(server) is Phase.FAILED
    assert server.state.diagnosis
    assert server.state.diagnosis.fix == {"context_length": 8192}


async def test_a_port_that_is_taken_while_it_loads(supervisor: Supervisor, engine: str) -> None:
    spec = spec_of(engine)
    assert spec.port
    server = await launch(supervisor, spec, installation_of(engine))
    with socket.create_server(("127.0.0.1", spec.port)):
        await asyncio.wait_for(server.wait_ended(), READY_S)
    assert phase_of(server) is Phase.FAILED
    assert server.state.diagnosis
    assert "port" in server.state.diagnosis.fix


async def test_a_launch_that_is_cancelled(supervisor: Supervisor, engine: str) -> None:
    server = await launch(supervisor, spec_of(engine), installation_of(engine))
    async with asyncio.timeout(READY_S):
        while phase_of(server) is not Phase.LOADING:
            await supervisor.wait_change(supervisor.version, 1)
    await server.stop()
    assert phase_of(server) is Phase.STOPPED
    await none_left(engine)


@contextlib.contextmanager
def app(engine: str, folder: Path, until: str) -> Iterator[tuple[subprocess.Popen[str], Record]]:
    """Another process that holds the engine, at the moment when it says `until`; the record of that."""
    argv = [sys.executable, "-m", "tests.real_engines.supervised", engine, str(folder)]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        for line in process.stdout:
            if line.strip() == until:
                break
        (record,) = Registry(folder).list_records()
        assert find_family(record.known)
        yield process, record
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("moment", ["loading", "ready"])
async def test_kill_9_of_the_app(engine: str, tmp_path: Path, moment: str) -> None:
    await none_left(engine)
    with app(engine, tmp_path, moment) as (process, record):
        process.kill()
        process.wait()
        await none_left(engine, GONE_S)
        assert find_family(record.known) == ()
    assert Registry(tmp_path).find_survivors() == []


async def test_kill_9_of_the_app_and_the_guard(engine: str, tmp_path: Path) -> None:
    await none_left(engine)
    with app(engine, tmp_path, "ready") as (process, record):
        assert record.guard
        os.kill(record.guard.pid, signal.SIGSTOP)  # so that it does not see the app's death
        process.kill()
        process.wait()
        os.kill(record.guard.pid, signal.SIGKILL)
    supervisor = supervisor_in(tmp_path)
    await asyncio.sleep(5)  # SGLang's processes then end by themselves, vLLM's do not
    survivors = await supervisor.find_survivors()
    if engine == "vllm":
        assert [survivor.record.id for survivor in survivors] == [record.id]
        assert not survivors[0].can_adopt
        assert survivors[0].memory_bytes > 300_000_000
    for survivor in survivors:
        await supervisor.end(survivor)
    await none_left(engine)
    assert await supervisor.find_survivors() == []
    await supervisor.close()
