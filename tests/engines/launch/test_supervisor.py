"""Several servers at once: names, ports, changes, idleness, and the end of all of them."""

import asyncio
import contextlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from playground.engines.kinds.base import Installation, SecretFile
from playground.engines.launch.durations import Durations
from playground.engines.launch.supervisor import Supervisor
from playground.errors import EngineUnavailable, InvalidLaunch
from playground.phases import Phase
from tests.engines.launch.conftest import TIMING, fakes, files_in
from tests.engines.launch.engine import FakeEngine, launch, phase_of, running, spec, until_running


async def test_several_at_once(supervisor: Supervisor) -> None:
    launched = await asyncio.gather(*(launch(supervisor, spec()) for _ in range(3)))
    servers = sorted(launched, key=lambda server: server.name)
    assert [server.name for server in servers] == ["model", "model-2", "model-3"]
    assert len({server.port for server in servers}) == 3
    assert len({server.log.path for server in servers}) == 3
    await asyncio.gather(*(server.wait_ready() for server in servers))
    assert supervisor.servers == list(servers)
    assert supervisor.get("model-2") is servers[1]
    await supervisor.stop("model-2")
    assert [server.state.is_ready for server in servers] == [True, False, True]
    await supervisor.close()
    assert fakes() == []
    with pytest.raises(InvalidLaunch, match="stopping"):
        await launch(supervisor, spec())


async def test_names(supervisor: Supervisor, folder: Path) -> None:
    server = await launch(supervisor, spec(name="org-one"))
    assert server.log.path.parent == folder
    with pytest.raises(InvalidLaunch, match="already a server 'org-one'") as caught:
        await launch(supervisor, spec(name="org-one"))
    assert caught.value.field == "name"
    with pytest.raises(InvalidLaunch, match=r"no server 'two'; there are: org-one"):
        supervisor.get("two")
    with pytest.raises(InvalidLaunch, match="has not ended"):
        supervisor.forget("org-one")
    await server.stop()
    again = await launch(supervisor, spec(name="org-one"))
    assert supervisor.servers == [again]
    await again.stop()
    supervisor.forget("org-one")
    assert supervisor.servers == []
    assert (await launch(supervisor, spec(served_name="org/nice"))).name == "nice"


async def test_a_name_of_another_app_is_taken(supervisor: Supervisor, folder: Path) -> None:
    await launch(supervisor, spec())
    other = Supervisor(folder, {"fake": FakeEngine()}, timing=TIMING)
    server = await launch(other, spec("--exit", "0"))
    assert server.name == "model-2"
    await other.close()


async def test_what_cannot_be_launched(supervisor: Supervisor) -> None:
    with pytest.raises(InvalidLaunch, match="engine: 'none' is none of fake"):
        await launch(supervisor, spec(engine="none"))
    with pytest.raises(EngineUnavailable, match="no program /no/such/python"):
        await launch(supervisor, spec(), Installation("python", ("/no/such/python",)))
    first = await launch(supervisor, spec())
    with pytest.raises(InvalidLaunch, match="reserved for another server") as caught:
        await launch(supervisor, spec(port=first.port))
    assert caught.value.field == "port"
    await first.wait_ready()
    await first.stop()
    assert supervisor.servers == [first]


async def test_a_program_that_is_no_program(supervisor: Supervisor, tmp_path: Path) -> None:
    program = tmp_path / "engine"
    program.write_bytes(b"\x00\x01not a program")
    program.chmod(0o755)
    server = await launch(supervisor, spec(), Installation("program", (str(program),)))
    await server.wait_ended()
    assert phase_of(server) is Phase.FAILED
    assert server.state.returncode == 127
    assert server.state.diagnosis
    assert "Exec format error" in server.state.diagnosis.cause


async def test_relaunch_with_changes(supervisor: Supervisor) -> None:
    first = await launch(supervisor, spec(api_key="sk-keep-this"))
    await first.wait_ready()
    with pytest.raises(InvalidLaunch, match="context_length"):
        await supervisor.prepare_again("model", {"context_length": -1})
    assert first.state.is_ready
    second = await supervisor.relaunch(await supervisor.prepare_again("model", {"context_length": 4096}))
    assert phase_of(first) is Phase.STOPPED
    assert (second.name, second.spec.context_length) == ("model", 4096)
    await second.wait_ready()
    assert second.log.read().lines[0] == "key is ***; "
    assert second.state.typical_s
    assert 0 < second.state.typical_s < 60


async def test_the_key_in_a_file_is_gone_once_it_is_ready(folder: Path) -> None:
    fake = FakeEngine(files=(SecretFile("<key>", "FAKE_API_KEY", ".yaml", "api-key: {secret}\n"),))
    made = Supervisor(folder, {"fake": fake}, timing=TIMING)
    server = await launch(made, spec("--say", "file <key>", "--load-s", "0.6", api_key='sk-"quoted"'))
    (file,) = files_in(folder, "*.key0.yaml")
    assert file.read_text() == 'api-key: "sk-\\"quoted\\""\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await server.wait_ready()
    assert server.log.read().lines[0] == f"key is none; file {file}"
    assert not file.exists()
    await made.close()
    made = Supervisor(folder, {"fake": fake}, timing=TIMING)
    failing = await launch(made, spec("--exit", "1", api_key="sk-other-key"))
    await failing.wait_ended()
    assert files_in(folder, "*.key*") == []
    await made.close()


async def test_a_command_cleans_up_after_it(folder: Path, tmp_path: Path) -> None:
    fake = FakeEngine(cleanup=("touch", str(tmp_path / "cleaned")))
    made = Supervisor(folder, {"fake": fake}, timing=TIMING)
    server = await launch(made, spec())
    await server.wait_ready()
    assert not (tmp_path / "cleaned").exists()
    await server.stop()
    assert (tmp_path / "cleaned").exists()
    await made.close()


async def test_changes(supervisor: Supervisor) -> None:
    assert await supervisor.wait_change(supervisor.version, 0.05) == supervisor.version
    seen = [supervisor.version]
    server = await launch(supervisor, spec())
    while not server.state.is_ready:
        seen.append(await supervisor.wait_change(seen[-1], 5))
    assert len(seen) > 3
    assert seen == sorted(set(seen))
    stopping = asyncio.create_task(supervisor.wait_change(supervisor.version))
    await supervisor.close()
    assert await asyncio.wait_for(stopping, 2) > seen[-1]


@contextlib.asynccontextmanager
async def with_clock(folder: Path) -> AsyncIterator[tuple[Supervisor, list[float]]]:
    now = [1000.0]
    made = Supervisor(folder, {"fake": FakeEngine()}, timing=TIMING, running=running, clock=lambda: now[0])
    yield made, now
    await made.close()


async def test_an_idle_server_is_stopped(folder: Path) -> None:
    async with with_clock(folder) as (made, now):
        idle = await launch(made, spec(idle_stop_min=0.01))
        forever = await launch(made, spec())
        await idle.wait_ready()
        await forever.wait_ready()
        now[0] += 0.3
        made.touch("model")
        now[0] += 0.4  # 0.7 s after it was ready, but 0.4 s after the last request; 0.6 s are allowed
        await asyncio.sleep(0.5)
        assert idle.state.is_ready
        now[0] += 0.3
        await idle.wait_ended()
        assert phase_of(idle) is Phase.STOPPED
        assert idle.state.words == "stopped after 0.01 minutes without a request"
        assert forever.state.is_ready
        made.touch("no such server")


async def test_one_that_works_is_not_idle(folder: Path) -> None:
    async with with_clock(folder) as (made, now):
        server = await launch(made, spec(idle_stop_min=0.01))
        await server.wait_ready()
        async with httpx.AsyncClient(trust_env=False) as client:
            request = asyncio.create_task(client.post(f"{server.origin}/1.2"))
            await until_running(server, 1)
            now[0] += 100
            await asyncio.sleep(0.6)
            assert server.state.is_ready
            assert (await request).status_code == 200
        now[0] += 100
        await server.wait_ended()


def test_durations(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "durations")
    assert durations.typical_s("vllm", "m/m") is None
    for seconds in (100, 10, 11, 12, 13, 14):
        durations.add("vllm", "m/m", seconds)
    durations.add("sglang", "m/m", 99)
    assert durations.typical_s("vllm", "m/m") == 12
    for number in range(300):
        durations.add("vllm", f"m/{number}", 1)
    assert durations.typical_s("vllm", "m/m") is None
    for bad in ("{", "[]", '{"vllm x": 3, "vllm y": ["a", -1]}'):
        (tmp_path / "durations").write_text(bad)
        assert durations.typical_s("vllm", "x") is None
        assert durations.typical_s("vllm", "y") is None
    Durations(tmp_path / "none" / "durations").add("vllm", "m/m", 1)
