"""One launch, prepared once: what is shown, checked and run is the same object, and what cannot be is not run."""

import asyncio
import os
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from playground.engines.kinds.base import Command
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor
from playground.errors import InvalidLaunch, LaunchOutdated
from playground.phases import Phase
from tests.engines.launch.conftest import fakes, files_in, until
from tests.engines.launch.engine import INSTALLED, PROGRAM, FakeEngine, launch, phase_of, spec

DEFAULT = FakeEngine.default_port


@pytest.fixture
def busy() -> Iterator[int]:
    """The engine's own port, which another program holds."""
    with socket.create_server(("127.0.0.1", DEFAULT)):
        yield DEFAULT


async def argv_of(server: LaunchedServer) -> list[str]:
    await until(lambda: server.processes)
    return psutil.Process(server.processes[0].pid).cmdline()


def shown_argv(line: str) -> list[str]:
    """The words of a shown command after its variables."""
    words = shlex.split(line)
    return words[words.index(INSTALLED.program[0]) :]


async def test_with_its_port_busy_the_next_is_shown_and_run(supervisor: Supervisor, busy: int) -> None:
    prepared = await supervisor.prepare(spec(), INSTALLED)
    assert busy < prepared.port < busy + 100
    assert f"--port {prepared.port}" in prepared.shown
    assert await prepared.check()  # nobody is asked about a fake engine
    server = await supervisor.launch(prepared)
    assert server.prepared is prepared
    assert (server.command, server.port, server.record.port) == (prepared.shown, prepared.port, prepared.port)
    assert await argv_of(server) == list(prepared.argv) == shown_argv(prepared.shown)
    assert await server.wait_ready() == f"http://127.0.0.1:{prepared.port}/v1"


async def test_nothing_is_begun_by_preparing(supervisor: Supervisor, folder: Path) -> None:
    prepared = await supervisor.prepare(spec(api_key="sk-a-long-secret"), INSTALLED)
    assert (files_in(folder), supervisor.servers, fakes()) == ([], [], [])
    assert "sk-a-long-secret" not in repr(prepared) + prepared.shown
    assert prepared.env["FAKE_API_KEY"] == "sk-a-long-secret"


async def test_a_chosen_port_that_was_taken_meanwhile_is_not_run_past(supervisor: Supervisor) -> None:
    prepared = await supervisor.prepare(spec(), INSTALLED)
    with socket.create_server(("127.0.0.1", prepared.port)):
        obstacle = await supervisor.obstacle(prepared)
        with pytest.raises(LaunchOutdated, match=rf"{prepared.port} .* taken by .*{os.getpid()}") as caught:
            await supervisor.launch(prepared)
        assert obstacle
        assert obstacle.message == caught.value.message
        assert (caught.value.field, supervisor.servers, fakes()) == ("port", [], [])
        anew = await supervisor.prepare(spec(), INSTALLED)
        assert anew.port != prepared.port
        assert f"--port {anew.port}" in anew.shown
    assert await supervisor.obstacle(prepared) is None
    await (await supervisor.launch(prepared)).wait_ready()


async def test_a_port_that_was_asked_for_is_refused(supervisor: Supervisor, busy: int) -> None:
    prepared = await supervisor.prepare(spec(port=busy), INSTALLED)
    assert f"--port {busy}" in prepared.shown  # for another machine, it may be right
    with pytest.raises(InvalidLaunch, match="is taken") as caught:
        await supervisor.launch(prepared)
    assert not isinstance(caught.value, LaunchOutdated)


async def test_it_is_run_once(supervisor: Supervisor) -> None:
    prepared = await supervisor.prepare(spec(), INSTALLED)
    server = await supervisor.launch(prepared)
    with pytest.raises(LaunchOutdated, match="there is already a server 'model'"):
        await supervisor.launch(prepared)
    await server.stop()
    with pytest.raises(LaunchOutdated, match="already been launched"):  # its number marks the processes of the first
        await supervisor.launch(prepared)


async def test_two_prepared_alike_do_not_run_alike(supervisor: Supervisor) -> None:
    one, other = [await supervisor.prepare(spec(), INSTALLED) for _ in range(2)]
    assert one.port == other.port
    results = await asyncio.gather(supervisor.launch(one), supervisor.launch(other), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["LaunchOutdated", "LaunchedServer"]


async def test_an_edited_command_is_what_runs(supervisor: Supervisor) -> None:
    made = await supervisor.prepare(spec(), INSTALLED)
    edited = Command((*made.command.argv, "--say", "edited by hand"), {"ADDED": "1"}, made.command.secrets)
    prepared = await supervisor.prepare(spec(port=made.port), INSTALLED, edited)
    assert prepared.edited
    assert not made.edited
    assert prepared.command is edited
    server = await supervisor.launch(prepared)
    assert server.prepared is prepared
    assert server.command == prepared.shown
    assert await argv_of(server) == list(prepared.argv) == shown_argv(prepared.shown) == list(edited.argv)
    await server.wait_ready()
    assert server.log.read().lines[0].endswith("edited by hand")
    assert psutil.Process(server.processes[0].pid).environ()["ADDED"] == "1"

    again = await supervisor.prepare_again(server.name, {})
    assert (again.edited, again.command, again.port) == (True, edited, prepared.port)
    fixed = await supervisor.prepare_again(server.name, {"context_length": 4096})
    assert not fixed.edited
    assert "edited by hand" not in fixed.shown


async def test_a_restart_with_a_fix_is_prepared_before_anything_is_stopped(supervisor: Supervisor) -> None:
    failed = await launch(supervisor, spec("--fatal"))
    await failed.wait_ended()
    assert failed.state.diagnosis
    with socket.create_server(("127.0.0.1", failed.port)):
        prepared = await supervisor.prepare_again(failed.name, {**failed.state.diagnosis.fix, "extra": ()})
        assert prepared.port != failed.port
        server = await supervisor.relaunch(prepared)
        assert server.prepared is prepared
        assert await argv_of(server) == list(prepared.argv) == shown_argv(prepared.shown)
        await server.wait_ready()
    assert supervisor.servers == [server]


async def test_a_restart_keeps_the_port_that_was_chosen(supervisor: Supervisor, busy: int) -> None:
    first = await launch(supervisor, spec())
    assert first.port != busy
    await first.wait_ready()
    running = await supervisor.prepare_again(first.name, {"served_name": "other"})
    assert running.port == first.port
    second = await supervisor.relaunch(running)
    assert phase_of(first) is Phase.STOPPED
    await second.stop()
    ended = await supervisor.prepare_again(second.name, {})
    assert ended.port == first.port
    with socket.create_server(("127.0.0.1", first.port)):
        assert (await supervisor.prepare_again(second.name, {})).port not in {busy, first.port}


async def test_a_fix_that_cannot_be_used_stops_nothing(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.wait_ready()
    with pytest.raises(InvalidLaunch, match="memory_fraction"):
        await supervisor.prepare_again(server.name, {"memory_fraction": 2})
    assert server.state.is_ready
    assert str(PROGRAM) in server.command


async def test_a_second_shorter_wait_counts(supervisor: Supervisor) -> None:
    server = await launch(supervisor, spec())
    await server.wait_ready()
    supervisor.touch(server.name)
    stopping = asyncio.create_task(server.stop(drain_s=60))
    await until(lambda: server.state.words == "waiting for the last request")
    await asyncio.wait_for(server.stop(0), 4)
    await stopping
