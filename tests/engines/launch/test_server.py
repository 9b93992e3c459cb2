"""A server that comes up, fails, hangs, dies and is stopped; nothing of it is left, whatever it does."""

import asyncio
import os
import stat
import time
from multiprocessing import shared_memory
from pathlib import Path

import httpx
import psutil
import pytest

from playground.engines.launch.shared_memory import remove_left
from playground.engines.launch.supervisor import Supervisor
from playground.errors import EngineExited
from playground.phases import Phase
from tests.engines.launch.conftest import fakes, files_in, until
from tests.engines.launch.engine import launch, phase_of, spec, until_running


async def test_phases_come_in_order_and_ready_is_health(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--load-s", "0.6"))
    assert phase_of(server) is Phase.STARTING
    assert server.state.base_url is None
    seen = []
    version = -1
    while not server.state.is_ready:
        version = await supervisor.wait_change(version, 5)
        seen.append((server.state.phase, server.state.fraction))
    phases = [phase for phase, _ in seen]
    assert phases == sorted(phases, key=tuple(Phase).index)
    assert {Phase.LOADING, Phase.KV_CACHE, Phase.READY} <= set(phases)
    fractions = [fraction for phase, fraction in seen if phase is Phase.LOADING]
    assert fractions == sorted(fractions, key=lambda fraction: fraction or 0)
    state = server.state
    assert state.base_url == f"http://127.0.0.1:{server.port}/v1"
    assert state.figures == {"kv_tokens": 4096}
    assert 0.5 < state.seconds < 60
    assert await server.wait_ready() == state.base_url
    await server.stop()
    assert phase_of(server) is Phase.STOPPED
    assert server.state.base_url is None
    assert fakes() == []


async def test_the_key_is_in_no_log_record_or_command(supervisor: Supervisor, folder: Path) -> None:
    given = spec(
        "--say", "hf is hf_0123456789abcdef", api_key="sk-very-secret", env={"HF_TOKEN": "hf_0123456789abcdef"}
    )
    server = await launch(supervisor, given)
    await server.wait_ready()
    assert server.log.read().lines[0] == "key is ***; hf is ***"
    shown = server.command
    assert 'FAKE_API_KEY="$FAKE_API_KEY"' in shown
    await server.stop()
    files = files_in(folder)
    assert {file.suffix for file in files} >= {".log", ".json"}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
        assert b"sk-very-secret" not in file.read_bytes()
        assert b"hf_0123456789" not in file.read_bytes()
    assert "sk-very" not in shown
    assert "hf_0123" not in shown


async def test_this_apps_keys_do_not_reach_it(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_API_KEY", "the-app's-own")
    server = await launch(supervisor, spec())
    await server.wait_ready()
    assert server.log.read().lines[0].startswith("key is none;")


async def test_one_that_exits_at_once(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--exit", "2"))
    with pytest.raises(EngineExited, match="error: no such thing") as caught:
        await server.wait_ready()
    assert caught.value.returncode == 2
    assert "error: no such thing" in caught.value.log_tail
    state = server.state
    assert state.phase is Phase.FAILED
    assert state.words == "ended with status 2"
    assert state.diagnosis
    assert state.diagnosis.cause == "error: no such thing"
    assert fakes() == []


async def test_one_that_leaves_processes_behind_when_it_exits(supervisor: Supervisor, tmp_path: Path) -> None:
    extra = ("--leave", str(tmp_path / "pid"), "--children", "2", "--exit", "1")
    server = await launch(supervisor, spec(*extra))
    await server.wait_ended()
    assert (tmp_path / "pid").exists()
    assert fakes() == []


async def test_a_fatal_line_ends_what_hangs(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--fatal"))
    await server.wait_ended()
    state = server.state
    assert state.phase is Phase.FAILED
    assert state.diagnosis
    assert state.diagnosis.title == "The port is already in use"
    assert state.diagnosis.fix == {"port": None}
    assert fakes() == []


async def test_a_ready_one_that_dies_is_failed(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--children", "1"))
    await server.wait_ready()
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.HTTPError):
            await client.post(f"{server.origin}/die")
    await server.wait_ended()
    assert phase_of(server) is Phase.FAILED
    assert server.state.diagnosis
    assert server.state.diagnosis.cause == "RuntimeError: asked to die"
    assert server.state.diagnosis.title == "It ended with status 3 after it was ready"
    assert fakes() == []


async def test_kill_9_of_the_engine_is_failed(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--children", "1"))
    await server.wait_ready()
    await until(lambda: len(server.processes) == 2)
    psutil.Process(server.processes[0].pid).kill()
    await server.wait_ended()
    assert server.state.words == "was ended by SIGKILL"
    assert fakes() == []


async def test_kill_9_of_the_guard_leaves_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    extra = ("--leave", str(tmp_path / "pid"), "--children", "2", "--outlive-parent")
    server = await launch(supervisor, spec(*extra))
    await server.wait_ready()
    assert server.record.guard
    psutil.Process(server.record.guard.pid).kill()
    await server.wait_ended()
    assert phase_of(server) is Phase.FAILED
    assert fakes() == []


async def test_cancel_while_it_loads(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--load-s", "60", "--children", "1"))
    await until(lambda: phase_of(server) is Phase.LOADING)
    await server.stop()
    assert phase_of(server) is Phase.STOPPED
    with pytest.raises(EngineExited, match="stopped"):
        await server.wait_ready()
    assert fakes() == []


async def test_stop_at_once_after_the_launch(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.stop()
    assert phase_of(server) is Phase.STOPPED
    assert fakes() == []


async def test_one_that_ignores_sigterm_and_has_left_its_group(supervisor: Supervisor, tmp_path: Path) -> None:
    extra = ("--deaf", "--children", "2", "--leave", str(tmp_path / "pid"))
    server = await launch(supervisor, spec(*extra))
    await server.wait_ready()
    assert len(fakes()) == 5  # itself, three that it started, and the guard, which names it
    began = time.monotonic()
    await server.stop()
    assert time.monotonic() - began >= 1  # the grace
    assert phase_of(server) is Phase.STOPPED
    assert fakes() == []


async def test_running_requests_are_waited_for(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.wait_ready()
    async with httpx.AsyncClient(trust_env=False) as client:
        request = asyncio.create_task(client.post(f"{server.origin}/0.8"))
        await until_running(server, 1)
        stop = asyncio.create_task(server.stop())
        await until(lambda: server.state.words == "waiting for running requests: 1")
        assert phase_of(server) is Phase.STOPPING
        assert server.state.base_url is None
        assert (await request).status_code == 200
        await stop
    assert fakes() == []


async def test_and_not_for_longer_than_said(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.wait_ready()
    async with httpx.AsyncClient(trust_env=False) as client:
        request = asyncio.create_task(client.post(f"{server.origin}/30"))
        await until_running(server, 1)
        began = time.monotonic()
        await server.stop(drain_s=0.3)
        assert time.monotonic() - began < 20
        with pytest.raises(httpx.HTTPError):
            await request


async def test_stop_goes_on_where_its_caller_is_cancelled(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec("--deaf"))
    await server.wait_ready()
    first, second = asyncio.create_task(server.stop()), asyncio.create_task(server.stop())
    await until(lambda: phase_of(server) is Phase.STOPPING)
    first.cancel()
    await second
    assert phase_of(server) is Phase.STOPPED


async def test_a_flood_of_100_mb_holds_up_nothing(supervisor: Supervisor) -> None:
    memory = psutil.Process().memory_info().rss
    server = await launch(supervisor, spec("--flood", "100"))
    longest, last = 0.0, time.monotonic()
    while not server.state.is_ready:
        await asyncio.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
        assert not server.state.has_ended
    assert longest < 2
    assert psutil.Process().memory_info().rss - memory < 60_000_000
    assert server.log.end > 100_000_000
    assert server.log.tail(1) == ["ready"]
    kept = sum(file.stat().st_size for file in server.log.path.parent.glob("*.log*"))
    assert 5_000_000 <= kept <= 10_500_000


async def test_a_reader_that_fails_stops_nothing(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    server = await launch(supervisor, spec("--say", "\rboom".replace("\r", "")))
    supervisor_engine = server.engine
    with pytest.raises(RuntimeError):
        supervisor_engine.read("boom")
    await server._take(b"boom\nboom\nloading 50 of 100\n")
    assert caplog.text.count("could not be read") == 1
    await server.wait_ready()


async def test_another_program_on_the_port_is_not_taken_for_the_server(supervisor: Supervisor) -> None:
    first = await launch(supervisor, spec())
    await first.wait_ready()
    # One that never listens: what answers on "its" port is the first one.
    second = await launch(supervisor, spec("--bind", "no", name="second"))
    second.port = first.port
    await second.wait_ended()
    assert second.state.diagnosis
    assert f"process {first.processes[0].pid} answers on port {first.port}" in second.state.diagnosis.title
    assert first.state.is_ready


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="Linux")  # noqa: S108
async def test_its_shared_memory_is_freed_and_no_other(supervisor: Supervisor) -> None:
    other = shared_memory.SharedMemory(create=True, size=1000)
    server = await launch(supervisor, spec("--share", "--deaf"))
    await server.wait_ready()
    name = server.log.read().lines[0].removeprefix("shared ")
    await until(lambda: name in server.record.shared)
    await server.stop()
    assert name not in os.listdir("/dev/shm")  # noqa: PTH208, S108
    assert remove_left([other.name, "../etc/passwd", "none"], 0) == []
    other.close()
    other.unlink()


async def test_a_request_that_the_metrics_do_not_count_yet_is_waited_for(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.wait_ready()
    supervisor.touch(server.name)
    began = time.monotonic()
    stop = asyncio.create_task(server.stop(drain_s=0.5))
    await until(lambda: server.state.words == "waiting for the last request")
    await stop
    assert time.monotonic() - began >= 0.5
