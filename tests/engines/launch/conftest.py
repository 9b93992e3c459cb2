"""A supervisor of fake engines, and the proof that it left nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from playground.engines.launch.hooks import Timing
from playground.engines.launch.supervisor import Supervisor
from tests.engines.launch.engine import PROGRAM, FakeEngine, diagnose, is_fatal, running

TIMING = Timing(drain_s=5, grace_s=1, orphan_grace_s=0.5, probe_every_s=0.05, fatal_s=0.2, look_every_s=0.1)


def fakes() -> list[psutil.Process]:
    """Every process that runs the fake engine, however far it has gone."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if str(PROGRAM) in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def files_in(folder: Path, pattern: str = "*") -> list[Path]:
    return list(folder.glob(pattern))


async def until(condition: Callable[[], object], within_s: float = 8) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "servers"


@pytest.fixture
async def supervisor(folder: Path) -> AsyncIterator[Supervisor]:
    made = Supervisor(
        folder, {"fake": FakeEngine()}, diagnose=diagnose, is_fatal=is_fatal, running=running, timing=TIMING
    )
    yield made
    await made.close()
    left = fakes()
    for process in left:
        process.kill()
    assert left == []
