"""An engine for the tests of the supervisor: the real contract, around a program of a few lines."""

import asyncio
import contextlib
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.state import Cause, PlainCause
from playground.engines.launch.supervisor import Supervisor
from playground.engines.spec import LaunchSpec
from playground.errors import LaunchOutdated
from playground.phases import Phase

PROGRAM = Path(__file__).with_name("fake_engine.py")
INSTALLED = Installation("python", (sys.executable,))
_LOADING = re.compile(r"loading (\d+) of 100")
_KV = re.compile(r"kv (\d+)")


class FakeEngine:
    """Starts `fake_engine.py`."""

    name = "fake"
    title = "Fake"
    default_port = 23450
    health_path = "/health"
    launchable = True
    needs = "nothing"
    source = "tests"
    programs: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def __init__(self, **command_more: Any) -> None:
        """`command_more`: fields of its commands."""
        self.command_more = command_more

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        argv = (*installation.program, str(PROGRAM), "--port", str(port), *spec.extra)
        return Command(argv, dict(spec.env), ("FAKE_API_KEY",) if spec.api_key else (), **self.command_more)

    def read(self, line: str) -> Progress | None:
        if line == "boom":
            raise RuntimeError("a reader that fails")
        if found := _LOADING.fullmatch(line):
            return Progress(Phase.LOADING, int(found[1]) / 100, f"{found[1]} %")
        if found := _KV.fullmatch(line):
            return Progress(Phase.KV_CACHE, None, f"{found[1]} tokens")
        return Progress(Phase.READY) if line == "ready" else None

    def figures(self, line: str) -> Mapping[str, float]:
        found = _KV.fullmatch(line)
        return {"kv_tokens": float(found[1])} if found else {}

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        return Capabilities(tools=bool(spec.tool_parser))


def diagnose(engine: str, lines: Sequence[str], spec: LaunchSpec, returncode: int | None) -> Cause | None:
    assert (engine, spec.engine) == ("fake", "fake")
    assert returncode is not None
    if any(line.startswith("FATAL: port") for line in lines):
        return PlainCause(
            "The port is already in use", "FATAL: port is taken", "Another port.", {"port": None}, "Another port"
        )
    return None


def is_fatal(engine: str, line: str) -> bool:
    assert engine == "fake"
    return line.startswith("FATAL")


async def until_running(server: LaunchedServer, number: int) -> None:
    while await running(server.spec, server.origin) != number:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.02)


async def running(_: LaunchSpec, origin: str) -> float | None:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return float((await client.get(f"{origin}/running")).text)


def spec(*extra: str, **fields: Any) -> LaunchSpec:
    return LaunchSpec.parse({"engine": "fake", "model": "owner/model", "extra": extra} | fields)


def phase_of(server: LaunchedServer) -> Phase:
    """Asked anew each time: a type checker holds a property for what it was."""
    return server.state.phase


async def launch(supervisor: Supervisor, what: LaunchSpec, installation: Installation = INSTALLED) -> LaunchedServer:
    """Prepare and start it; prepared anew where another launch took the chosen name or port in between."""
    while True:
        with contextlib.suppress(LaunchOutdated):
            return await supervisor.launch(await supervisor.prepare(what, installation))
