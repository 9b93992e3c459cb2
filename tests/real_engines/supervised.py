"""A real engine under the supervisor; also an app of its own that holds one, to be killed.

    python -m tests.real_engines.supervised ENGINE FOLDER

launches the engine, prints `loading` and `ready` when it is, and waits.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import httpx

from playground.engines.kinds import ENGINES as KINDS
from playground.engines.kinds.base import Installation
from playground.engines.kinds.failures import diagnose, is_fatal
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor
from playground.engines.spec import LaunchSpec
from playground.phases import LAUNCH, Phase
from tests.engines.launch.engine import launch
from tests.ports import free_port
from tests.real_engines.engine import CONTEXT_TOKENS, ENGINES, HERE, MODEL, checkpoint

EXTRA = {
    "vllm": ("--max-num-seqs", "8", "--enforce-eager"),
    "sglang": (
        *("--max-total-tokens", "8192", "--device", "cpu", "--attention-backend", "torch_native"),
        "--disable-overlap-schedule",
    ),
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


def spec_of(engine: str, *more: str, **fields: Any) -> LaunchSpec:
    """The model on a free port; `more` are further arguments."""
    plain: dict[str, Any] = {
        "engine": engine,
        "name": f"real-{engine}",
        "model": str(checkpoint()),
        "port": free_port(),
        "served_name": MODEL,
        "context_length": CONTEXT_TOKENS,
        "tool_parser": "hermes",
        "chat_template": str(HERE / "chat_with_tools.jinja"),
        "extra": (*EXTRA[engine], *more),
        "env": OFFLINE | dict(ENGINES[engine].variables),
    }
    return LaunchSpec.parse(plain | fields)


def installation_of(engine: str) -> Installation:
    """Its environment in the user's cache."""
    return Installation("python", (str(ENGINES[engine].python),), ENGINES[engine].version)


async def running(spec: LaunchSpec, origin: str) -> float | None:
    """How many requests it works on, from its metrics."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        text = (await client.get(f"{origin}/metrics")).text
    gauge = ENGINES[spec.engine].running_gauge
    values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(gauge)]
    return sum(values) if values else None


def supervisor_in(folder: Path) -> Supervisor:
    """A supervisor with all that is known of the engines."""
    return Supervisor(folder, KINDS, diagnose=diagnose, is_fatal=is_fatal, running=running)


def phase_of(server: LaunchedServer) -> Phase:
    """Asked anew each time: a type checker holds a property for what it was."""
    return server.state.phase


async def hold(engine: str, folder: Path) -> None:
    """Launch it, tell how far it is, and wait to be killed."""
    supervisor = supervisor_in(folder)
    server = await launch(supervisor, spec_of(engine), installation_of(engine))
    version, told = -1, False
    while not server.state.is_ready:
        version = await supervisor.wait_change(version)
        state = server.state
        assert not state.has_ended, state
        # By then all its processes are there.
        if not told and state.phase in LAUNCH and LAUNCH.index(state.phase) >= LAUNCH.index(Phase.LOADING):
            told = True
            sys.stdout.write("loading\n")
            sys.stdout.flush()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], Path(sys.argv[2])))
