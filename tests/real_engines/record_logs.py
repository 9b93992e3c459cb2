"""Records what the real engines print at their start and when it fails, for the tests of reading such logs.

    python -m tests.real_engines.record_logs

Writes tests/data/engine_logs/ENGINE-CASE.log: a header line with the version, the command and how it ended; then each
line as the app gets it, split at CR and LF. Paths, addresses and the host's name of the machine are taken out, and
the middle of what is very long.
"""

import asyncio
import contextlib
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground.engines.process.process import EngineProcess, how_it_ended
from tests.ports import free_port
from tests.real_engines.engine import ENGINES, HERE, RealEngine, checkpoint
from tests.real_engines.running import GRACE_S, READY_S, healthy

FOLDER = HERE.parent / "data" / "engine_logs"
_LINE_CHARACTERS = 500  # SGLang prints all its arguments in one line of 12,000
_LINES, _HEAD, _TAIL = 150, 30, 30
_TOO_LONG = "100000"
_LINGER_S = 5.0
_ADDRESS = re.compile(r"\b(?!127\.0\.0\.1|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b")


@dataclass(frozen=True)
class Case:
    """One start: its flags, and what else is as it should not be."""

    name: str
    flags: tuple[str, ...] = ()
    model: Path | None = None
    port_is_taken: bool = False


def cases(engine: RealEngine) -> tuple[Case, ...]:
    """The starts that are recorded."""
    context = {"vllm": "--max-model-len", "sglang": "--context-length"}[engine.name]
    return (
        Case("ready"),
        Case("bad-flag", ("--no-such-flag",)),
        Case("bad-parser", ("--tool-call-parser", "nonesuch")),
        Case("bad-path", model=Path("/path/nonesuch")),
        Case("context-too-long", (context, _TOO_LONG)),
        Case("port-taken", port_is_taken=True),
    )


async def record(engine: RealEngine, case: Case) -> list[str]:
    """Start it, and stop it once it is ready, has failed, or says that it cannot have its port."""
    lines: list[str] = []
    with _port(taken=case.port_is_taken) as port:
        argv = engine.argv(port, *case.flags, model=case.model)
        process = EngineProcess(argv, engine.environment(), GRACE_S, name=engine.name, on_line=lines.append)
        await process.start()
        running = asyncio.create_task(process.wait())
        try:
            async with asyncio.timeout(READY_S):
                while not (running.done() or await settled(port, lines, case)):
                    await asyncio.wait([running], timeout=1)
            await asyncio.wait([running], timeout=_LINGER_S)
            end = how_it_ended(process.returncode) if running.done() else "was stopped with SIGTERM"
        finally:
            await process.stop()
            await running
    command = " ".join(argv)
    return [f"# {engine.name} {engine.version} on the CPU: {command} # {end}", *lines]


async def settled(port: int, lines: list[str], case: Case) -> bool:
    """Whether there is nothing more to wait for, though it runs: SGLang stays when it cannot have its port."""
    if case.port_is_taken:
        return any("address already in use" in line.lower() for line in lines)
    return await healthy(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def _port(*, taken: bool) -> Iterator[int]:
    """A port that nothing listens on, or one that something does, and never answers."""
    if not taken:
        yield free_port()
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def cleaned(lines: list[str], engine: RealEngine) -> str:
    """The text of the file: nothing of this machine in it, long lines cut."""
    places = {
        str(engine.venv): "/path/venv",
        str(checkpoint()): "/path/model",
        str(HERE): "/path",
        str(Path(sys.base_prefix)): "/path/python",
        str(Path.home()): "/path/home",
        tempfile.gettempdir(): "/path/tmp",
        socket.gethostname(): "host",
    }
    text = "\n".join(_shortened([lines[0], *(_cut(line) for line in lines[1:])]))
    for place, word in places.items():
        text = text.replace(place, word)
    return _ADDRESS.sub("192.0.2.1", text) + "\n"


def _shortened(lines: list[str]) -> list[str]:
    """Without the middle of a long one: after a bad flag both print all their flags."""
    if len(lines) <= _LINES:
        return lines
    return [*lines[:_HEAD], f"[… {len(lines) - _HEAD - _TAIL} lines …]", *lines[-_TAIL:]]


def _cut(line: str) -> str:
    return line if len(line) <= _LINE_CHARACTERS else f"{line[:_LINE_CHARACTERS]} […]"


async def main() -> None:
    """Record all cases of the engines named, or of both; one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for engine in (ENGINES[name] for name in sys.argv[1:] or ENGINES):
        for case in cases(engine):
            text = cleaned(await record(engine, case), engine)
            file = FOLDER / f"{engine.name}-{case.name}.log"
            file.write_text(text)
            sys.stdout.write(f"{file.name}: {len(text.splitlines())} lines\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
