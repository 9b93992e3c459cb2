"""Records on disk: for commands of other processes, and for what is left where app and guard were killed."""

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from playground.engines.launch.processes import (
    Identity,
    Known,
    end_family,
    find_family,
    identify,
    is_alive,
    this_machine,
)
from playground.engines.launch.registry import Record, Registry, file_stem, is_running, this_app
from playground.engines.launch.supervisor import Supervisor
from playground.errors import EngineError, InvalidLaunch
from playground.phases import Phase
from tests.engines.launch.conftest import TIMING, fakes, files_in, until
from tests.engines.launch.engine import FakeEngine, launch, phase_of, spec


@contextlib.contextmanager
def app(folder: Path, *extra: str) -> Iterator[tuple[subprocess.Popen[str], Record]]:
    """Another process that holds a ready server."""
    argv = [sys.executable, "-m", "tests.engines.launch.holding", str(folder), *extra]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        number = process.stdout.readline().strip()
        (record,) = Registry(folder).list_records()
        assert record.id == number
        yield process, record
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def kill_with_guard(process: subprocess.Popen[str], record: Record) -> None:
    """Both at once: the guard does not see that the app has gone."""
    assert record.guard
    os.kill(record.guard.pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    os.kill(record.guard.pid, signal.SIGKILL)


async def test_what_a_record_holds(supervisor: Supervisor, folder: Path) -> None:
    server = await launch(supervisor, spec("--children", "1", api_key="sk-secret-key"))
    await server.wait_ready()
    await until(lambda: len(server.record.others) == 1)
    (record,) = Registry(folder).list_records()
    assert record == server.record
    assert record.owner == this_app()
    assert record.leader
    assert os.getsid(record.leader.pid) == record.leader.pid
    assert record.spec["engine"] == "fake"
    assert "api_key" not in record.spec
    assert record.ready
    assert is_running(record)
    assert record.log_path(folder) == server.log.path
    (file,) = files_in(folder, "*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700  # noqa: PTH116 - pathlib's is none for a coroutine
    await server.stop()
    (record,) = Registry(folder).list_records()
    assert record.ended == "stopped"
    assert record.ended_at
    assert not is_running(record)


async def test_a_command_stops_it_and_the_app_knows(supervisor: Supervisor, folder: Path) -> None:
    server = await launch(supervisor, spec("--children", "1", "--deaf"))
    await server.wait_ready()
    code = (
        "import asyncio, sys; from pathlib import Path; from playground.engines.launch.registry import Registry;"
        "r = Registry(Path(sys.argv[1])); asyncio.run(r.stop_record(r.list_records()[0]))"
    )
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, str(folder)], timeout=20, check=False)
    assert done.returncode == 0
    assert fakes() == []
    await server.wait_ended()
    assert phase_of(server) is Phase.STOPPED
    assert server.state.words == "stopped by a command"


@pytest.mark.parametrize("extra", [(), ("--deaf", "--children", "2")])
async def test_kill_9_of_the_app_leaves_nothing(folder: Path, tmp_path: Path, extra: tuple[str, ...]) -> None:
    with app(folder, "--leave", str(tmp_path / "pid"), *extra) as (process, record):
        process.kill()
        process.wait()
        await until(lambda: not fakes())
        assert find_family(record.known) == ()
    made = Supervisor(folder, {"fake": FakeEngine()}, timing=TIMING)
    assert await made.find_survivors() == []
    (record,) = made.registry.list_records()
    assert record.ended == "the app was killed, and the server with it"


async def test_survivors_are_found_and_ended(folder: Path, tmp_path: Path) -> None:
    with app(folder, "--leave", str(tmp_path / "pid"), "--children", "2") as (process, record):
        kill_with_guard(process, record)
    await until(lambda: record.leader and not is_alive(record.leader))  # Linux ends it with the guard
    registry = Registry(folder)
    registry.prune()
    (survivor,) = registry.find_survivors()
    assert survivor.record.id == record.id
    assert not survivor.can_adopt
    assert len(survivor.processes) == 3
    assert survivor.memory_bytes > 1_000_000
    made = Supervisor(folder, {"fake": FakeEngine()}, timing=TIMING)
    with pytest.raises(InvalidLaunch, match="cannot be adopted"):
        await made.adopt(survivor)
    with pytest.raises(InvalidLaunch, match="there is already a server 'held'"):
        await launch(made, spec(name="held"))
    await made.end(survivor)
    assert fakes() == []
    assert await made.find_survivors() == []
    assert registry.list_records()[0].ended == "its app was killed; what was left was ended"


async def test_a_survivor_is_adopted_and_answers(folder: Path, tmp_path: Path, supervisor: Supervisor) -> None:
    extra = ("--leave", str(tmp_path / "pid"), "--children", "1", "--outlive-parent", "--deaf")
    with app(folder, *extra) as (process, record):
        kill_with_guard(process, record)
    (survivor,) = await supervisor.find_survivors()
    assert survivor.can_adopt
    server = await supervisor.adopt(survivor)
    assert phase_of(server) is Phase.ADOPTED
    assert server.name == "held"
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{server.origin}/health")).status_code == 200
    assert "ready" in server.log.tail()
    assert await supervisor.find_survivors() == []
    with pytest.raises(InvalidLaunch, match="adopted"):
        await supervisor.prepare_again("held", {})
    await server.stop()
    assert phase_of(server) is Phase.STOPPED
    assert fakes() == []


async def test_kill_9_of_the_app_that_adopted(folder: Path) -> None:
    with app(folder, "--outlive-parent", "--children", "1") as (process, record):
        kill_with_guard(process, record)
    assert record.leader
    watched = [f"{each.pid}:{each.started}" for each in (record.leader, *record.others)]
    code = (
        "import subprocess, sys, time;"
        "guard = [sys.executable, '-m', 'playground.engines.process.guard', '0.2', '--adopt', *sys.argv[1:]];"
        "p = subprocess.Popen(guard,"
        "stdin=subprocess.PIPE, start_new_session=True); print(p.pid, flush=True); time.sleep(60)"
    )
    pipe = asyncio.subprocess.PIPE
    adopter = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *watched, stdout=pipe)
    assert adopter.stdout
    guard = identify(int(await adopter.stdout.readline()))
    assert guard
    await asyncio.sleep(0.5)
    assert is_alive(record.leader)
    adopter.kill()
    await adopter.wait()
    await until(lambda: not fakes() and not is_alive(guard))


async def test_an_adopted_one_that_ends_is_failed(folder: Path, supervisor: Supervisor) -> None:
    with app(folder, "--outlive-parent", "--children", "1") as (process, record):
        kill_with_guard(process, record)
    (survivor,) = await supervisor.find_survivors()
    server = await supervisor.adopt(survivor)
    psutil.Process(survivor.processes[0].pid).kill()
    await server.wait_ended()
    assert phase_of(server) is Phase.FAILED
    assert server.state.words == "its processes are gone"
    assert fakes() == []


async def test_a_command_ends_survivors(folder: Path) -> None:
    with app(folder, "--outlive-parent", "--deaf", "--children", "1") as (process, record):
        kill_with_guard(process, record)
    registry = Registry(folder)
    assert is_running(record)
    await registry.stop_record(record, grace_s=0.2)
    assert fakes() == []
    assert registry.list_records()[0].ended == "stopped by a command"


def test_a_number_that_was_given_anew_is_another_process() -> None:
    me = this_app()
    assert is_alive(me)
    reused = Identity(me.pid, "1")
    assert not is_alive(reused)
    assert find_family(Known("0" * 16, reused, (reused, Identity(1, "999999999999")))) == ()


def some(folder: Path, **changes: object) -> Record:
    record = Record.model_validate(
        {
            "id": "0123456789abcdef",
            "name": "one",
            "engine": "fake",
            "model": "m/m",
            "spec": {},
            "command": "x",
            "host": "127.0.0.1",
            "port": 1,
            "base_url": "http://127.0.0.1:1/v1",
            "log": "one-01234567.log",
            "machine": "nonesuch",
            "boot": "earlier",
            "owner": {"pid": 1, "started": "2"},
            "started_at": time.time(),
        }
        | changes
    )
    Registry(folder).write(record)
    return record


async def test_a_record_of_another_machine_is_left_alone(folder: Path) -> None:
    record = some(folder)
    registry = Registry(folder)
    registry.prune()
    assert registry.list_records() == [record]
    assert registry.find_survivors() == []
    assert not is_running(record)
    with pytest.raises(EngineError, match="was started on nonesuch"):
        await registry.stop_record(record)
    registry.prune(time.time() + 31 * 86_400)
    assert registry.list_records() == []


def test_ended_ones_are_kept_a_day_with_their_log(folder: Path) -> None:
    registry = Registry(folder)
    record = registry.end(some(folder), "stopped")
    for name in ("one-01234567.log", "one-01234567.log.1", "one-01234567.key0.yaml"):
        (folder / name).write_text("x")
    registry.prune()
    assert registry.list_records() == [record]
    registry.prune(time.time() + 86_401)
    assert list(folder.iterdir()) == []


def test_files_that_are_no_records_are_passed_over(folder: Path) -> None:
    record = some(folder)
    (folder / "bad.json").write_text("{")
    (folder / "other.json").write_text(json.dumps({"format": 2}))
    (folder / "folder.json").mkdir()
    assert Registry(folder).list_records() == [record]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("org/model", "org-model-01234567"),
        ("../../etc/passwd", "etc-passwd-01234567"),
        ("a/../../b", "a-..-..-b-01234567"),
        ("...", "server-01234567"),
        ("x" * 300, "x" * 60 + "-01234567"),
        ("ä b\n\0", "b-01234567"),
    ],
)
def test_names_of_files_do_not_climb(folder: Path, name: str, stem: str) -> None:
    assert file_stem(name, "0123456789abcdef") == stem
    record = some(folder, name=name, log=f"../../{stem}.log")
    assert Registry(folder).path_of(record).parent == folder
    assert record.log_path(folder).parent == folder


def test_a_container_that_outlived_app_and_guard_is_ended_at_the_next_start(folder: Path, tmp_path: Path) -> None:
    machine, boot = this_machine()
    gone = {"pid": os.getpid(), "started": "1"}
    some(folder, machine=machine, boot=boot, owner=gone, cleanup=["touch", str(tmp_path / "cleaned")])
    Registry(folder).prune()
    assert (tmp_path / "cleaned").exists()
    (record,) = Registry(folder).list_records()
    assert record.ended == "the app was killed, and the server with it"


async def test_a_process_that_lost_its_parent_and_session_is_known_by_its_mark(folder: Path, tmp_path: Path) -> None:
    with app(folder, "--leave", str(tmp_path / "pid"), "--outlive-parent") as (process, record):
        kill_with_guard(process, record)
    daemon = int((tmp_path / "pid").read_text())
    alone = Known(record.id)  # as if the app had been killed before it noted a single process
    assert daemon in {each.pid for each in find_family(alone)}
    assert find_family(Known("f" * 16)) == ()
    assert await end_family(record.known) == []
    assert fakes() == []
