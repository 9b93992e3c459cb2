"""A real engine that runs: started under the app's guard, waited for, and stopped so that nothing is left."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import psutil

from playground.engines.process.process import EngineProcess
from tests.background import background_loop
from tests.ports import free_port
from tests.real_engines.engine import RealEngine

READY_S = 420.0  # on two busy cores, with nothing of it in the file cache
GRACE_S = 15.0  # over SIGTERM
GONE_S = 10.0


@dataclass(frozen=True)
class Running:
    """A server that answers. `origin` is `http://127.0.0.1:PORT`, `base_url` that with `/v1`."""

    engine: RealEngine
    origin: str

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def requests_running(self) -> float:
        """How many requests its scheduler works on now, from its metrics."""
        text = httpx.get(f"{self.origin}/metrics", timeout=30, trust_env=False).text
        values = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(self.engine.running_gauge)]
        assert values, f"{self.engine.running_gauge} is not among the metrics"
        return sum(map(float, values))


@contextlib.contextmanager
def running(engine: RealEngine) -> Iterator[Running]:
    """The engine with the model, ready; afterwards it is seen that none of its processes is left."""
    port = free_port()
    server = Running(engine, f"http://127.0.0.1:{port}")
    process = EngineProcess(engine.argv(port), engine.environment(), GRACE_S, name=engine.name)
    family: list[psutil.Process] = []
    with background_loop(engine.name) as wait_for:
        wait_for(process.start(), 30)
        try:
            wait_for(process.wait_until(lambda: healthy(server.origin), READY_S, every_s=1), READY_S + 60)
            yield server
            assert process.returncode is None, process.exited().to_dict()
            family = family_of(process)
            assert family, "its processes are not below the guard"
        finally:
            wait_for(process.stop(), GRACE_S + 30)
    left = psutil.wait_procs(family, timeout=GONE_S)[1]
    assert left == [], f"{engine.name} was stopped, and left {left}"


def family_of(process: EngineProcess) -> list[psutil.Process]:
    """The engine's processes: the one that was started, then all below it."""
    assert process.guard_pid is not None
    (first,) = psutil.Process(process.guard_pid).children()
    return [first, *first.children(recursive=True)]


async def healthy(origin: str) -> bool:
    """Whether `/health` says so; SGLang generates a token for that, hence the time."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        with contextlib.suppress(httpx.HTTPError):
            return (await client.get(f"{origin}/health")).status_code == httpx.codes.OK
    return False
