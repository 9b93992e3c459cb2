"""An engine's process: started through the guard, its output kept, and never left behind."""

import asyncio
import codecs
import contextlib
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from playground.environment import child_environment
from playground.errors import EngineExited, EngineUnavailable

_LOG_BYTES = 1_000_000
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARGIN_S = 8.0  # the guard's own time after the grace: killing, and looking whether all are gone
_LINE_CHARS = 64_000
_LOOK_EVERY_S = 0.2
_LAST_OUTPUT_S = 3.0  # for what it printed last, on a busy machine; a descendant may hold the pipe open for good
_SIGNALLED = 129
# What an engine prints that names the cause of its end; the first that is found is taken.
_CAUSES = tuple(
    re.compile(text)
    for text in (
        r"torch\.OutOfMemoryError.*",
        r".*[Aa]ddress already in use.*",
        r".*(?:couldn't|can't) bind.*",
        r".*[Ff]ailed to (?:load|open|read).*",
        r"^\s*(?:error|[\w./-]+: error): .*",
        r"^[\w.]*(?:Error|Exception|Exited|Unavailable): .+",
        r"^ModuleNotFoundError.*",
    )
)


class EngineProcess:
    """One engine's process, under the guard.

    Attributes:
        argv: the program and its arguments; no shell is involved.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        grace_s: float = 5,
        log_bytes: int = _LOG_BYTES,
        *,
        name: str = "",
        on_line: Callable[[str], None] | None = None,
        sink: Callable[[bytes], Awaitable[None]] | None = None,
        orphan_grace_s: float | None = None,
        adopt: Mapping[int, str] | None = None,
    ) -> None:
        """Prepares; `start` starts.

        Args:
            argv: the program and its arguments.
            env: the environment; None for what any program may see of this process's own.
            grace_s: how long it may take over SIGTERM.
            log_bytes: how much of the end of its output is kept.
            name: how messages name it; the program's file name unless given.
            on_line: told each line of its output as it comes.
            sink: takes its output in place of this object, which then keeps none and tells no lines; what it takes
                long over holds the engine up, and not the event loop.
            orphan_grace_s: how long it may take over SIGTERM where this app was killed; None for `grace_s`.
            adopt: processes that run already, number to start time, the first of them the program's; then nothing is
                started, and there is no output.
        """
        self.argv = list(argv)
        self._env = child_environment() if env is None else dict(env)
        self._grace_s = grace_s
        self._log_bytes = log_bytes
        self._orphan_grace_s = orphan_grace_s
        self._on_line = on_line
        self._sink = sink
        self._adopt = adopt
        self._name = name or Path(self.argv[0]).name
        self._lines: deque[str] = deque()
        self._size = 0
        self._rest = ""
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def returncode(self) -> int | None:
        """The exit status; 128 + N after signal N; None while it runs or before it started."""
        return self._process.returncode if self._process else None

    @property
    def guard_pid(self) -> int | None:
        """The guard's process number, once started."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the program.

        Raises:
            EngineUnavailable: the guard cannot be started.
        """
        guard = Path(__file__).with_name("guard.py")
        graces = str(self._grace_s) if self._orphan_grace_s is None else f"{self._grace_s}/{self._orphan_grace_s}"
        watched = [f"{pid}:{started}" for pid, started in (self._adopt or {}).items()]
        what = ["--adopt", *watched] if watched else ["--", *self.argv]
        argv = [sys.executable, "-P", str(guard), graces, *what]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            raise EngineUnavailable(f"{self.argv[0]} could not be started: {error}.") from error
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """Ends it and all that it started; returns when they are gone. It may be called twice."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            # By this the guard tells a stop from the app's death, where the pipe only closes.
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(_until_exit(process), self._grace_s + _MARGIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await _until_exit(process)
        if self._reader is not None:
            # A descendant that nothing could end may hold the pipe open; its output is not waited for.
            await asyncio.wait([self._reader], timeout=1)
            self._reader.cancel()

    async def wait(self) -> int:
        """Waits until it has ended, and until its last output is read; returns its status."""
        if self._process is None:
            raise EngineUnavailable(f"{self.argv[0]} was not started.")
        status = await _until_exit(self._process)
        if self._reader is not None:
            await asyncio.wait([self._reader], timeout=_LAST_OUTPUT_S)
        return status

    async def wait_until(self, ready: Callable[[], Awaitable[bool]], timeout_s: float, *, every_s: float = 0.1) -> None:
        """Waits until `ready` says so.

        Args:
            ready: asked again and again; it should not take long.
            timeout_s: how long in all; `math.inf` for as long as it runs.
            every_s: the pause between two questions.

        Raises:
            EngineExited: it ended first, or the time is over (then `returncode` is None).
        """
        deadline = time.monotonic() + timeout_s
        while True:
            if self.returncode is not None:
                await self.wait()
                raise self.exited()
            if await ready():
                return
            if time.monotonic() >= deadline:
                raise EngineExited(
                    f"{self._name} was not ready after {timeout_s:g} s.",
                    returncode=None,
                    log_tail=self.log_tail(),
                    advice="See the end of its log; a larger model needs more time.",
                )
            await asyncio.sleep(every_s)

    def exited(self) -> EngineExited:
        """The error that says it ended, with the likely cause from its log."""
        cause = self.likely_cause()
        said = f": {cause}" if cause else "."
        return EngineExited(
            f"{self._name} {how_it_ended(self.returncode)}{said}",
            returncode=self.returncode,
            log_tail=self.log_tail(),
            advice="See the end of its log.",
        )

    def likely_cause(self) -> str:
        """The line of the log that most likely says why it ended, or ""."""
        return likely_cause([*self._lines, self._rest], self.returncode)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of its output."""
        kept = [*self._lines, self._rest] if self._rest else list(self._lines)
        return "\n".join(kept[-lines:])

    async def _read(self) -> None:
        stream = self._process.stdout if self._process else None
        if stream is None:
            return
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := await stream.read(65_536):
            if self._sink is None:
                self._take(decoder.decode(chunk))
            else:
                await self._sink(chunk)

    def _take(self, text: str) -> None:
        """Splits on CR and LF, since progress bars end their lines with CR only."""
        *whole, self._rest = _LINE_END.split(self._rest + text)
        if len(self._rest) > _LINE_CHARS:
            whole.append(self._rest)
            self._rest = ""
        for line in whole:
            if line:
                self._lines.append(line)
                self._size += len(line.encode()) + 1
                if self._on_line is not None:
                    self._on_line(line)
        while self._size > self._log_bytes and self._lines:
            self._size -= len(self._lines.popleft().encode()) + 1


async def _until_exit(process: asyncio.subprocess.Process) -> int:
    """Waits for the process alone: its own `wait` also waits for whoever else holds its output open."""
    waiting = asyncio.ensure_future(process.wait())
    try:
        while process.returncode is None:
            await asyncio.wait([waiting], timeout=_LOOK_EVERY_S)
    finally:
        waiting.cancel()
    return process.returncode


def likely_cause(lines: Sequence[str], status: int | None) -> str:
    """The line of a log that most likely says why the program ended with this status, or ""."""
    for pattern in _CAUSES:
        for line in reversed(lines):
            if found := pattern.search(line):
                return found[0].strip()[:400]
    if status is not None and not 0 < status < _SIGNALLED:
        return ""  # ended from outside: its last line was about something else
    return next((line.strip()[:400] for line in reversed(lines) if line.strip()), "")


def how_it_ended(status: int | None) -> str:
    """An exit status in words."""
    if status is None:
        return "has not ended"
    number = -status if status < 0 else status - 128
    if number > 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(number).name}"
    return f"ended with status {status}"
