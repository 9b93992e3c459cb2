"""However a real engine ends, none of its processes is left: on a GPU each would hold the whole card."""

import contextlib
from collections.abc import AsyncIterator

import psutil
import pytest

from playground.engines.process.process import EngineProcess
from playground.errors import EngineExited
from tests.ports import free_port
from tests.real_engines.engine import ENGINES, RealEngine
from tests.real_engines.running import GONE_S, GRACE_S, READY_S, family_of

LOADING = {"vllm": "Starting to load model", "sglang": "Load weight begin"}  # by then all its processes are there


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> RealEngine:
    return ENGINES[request.param]


@contextlib.asynccontextmanager
async def loading(engine: RealEngine) -> AsyncIterator[tuple[EngineProcess, list[psutil.Process]]]:
    """The engine in the midst of its start, and its processes."""
    process = EngineProcess(engine.argv(free_port()), engine.environment(), GRACE_S, name=engine.name)

    async def loads() -> bool:
        return LOADING[engine.name] in process.log_tail(10_000)

    await process.start()
    try:
        await process.wait_until(loads, READY_S, every_s=0.2)
        family = family_of(process)
        assert len(family) >= 2, family
        yield process, family
    finally:
        await process.stop()


async def test_stopped_while_it_loads(engine: RealEngine) -> None:
    async with loading(engine) as (process, family):
        await process.stop()
        assert process.returncode is not None
        assert psutil.wait_procs(family, timeout=GONE_S)[1] == []


async def test_its_first_process_killed(engine: RealEngine) -> None:
    async with loading(engine) as (process, family):
        family[0].kill()
        assert await process.wait() == 137
        assert psutil.wait_procs(family, timeout=GONE_S)[1] == []


async def test_a_bad_flag_is_named(engine: RealEngine) -> None:
    process = EngineProcess(engine.argv(free_port(), "--no-such-flag"), engine.environment(), GRACE_S, name=engine.name)

    async def never() -> bool:
        return False

    await process.start()
    with pytest.raises(EngineExited, match=r"ended with status 2: .*error: .*--no-such-flag"):
        await process.wait_until(never, READY_S)
    await process.stop()
