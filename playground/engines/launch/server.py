"""One launched server: it comes up, is watched, and goes, and nothing of it is ever left."""

import asyncio
import contextlib
import logging
import math
import time

import httpx

from playground.engines.health import is_healthy
from playground.engines.kinds.base import Engine
from playground.engines.launch.hooks import Hooks, Timing
from playground.engines.launch.log_store import LogStore
from playground.engines.launch.ports import find_holder, local_url
from playground.engines.launch.prepared import PreparedLaunch
from playground.engines.launch.processes import Identity, children_of, end_family, find_family, identify
from playground.engines.launch.registry import Record, Registry, clean_up
from playground.engines.launch.shared_memory import shared_by
from playground.engines.launch.state import Cause, PlainCause, ServerState, advance
from playground.engines.process.process import EngineProcess, how_it_ended, likely_cause
from playground.engines.spec import LaunchSpec
from playground.errors import EngineExited, EngineUnavailable
from playground.phases import LAUNCH, Phase

_log = logging.getLogger(__name__)
_PROBE_S = 30.0  # SGLang generates a token for its /health
_LINES_AT_ONCE = 100  # read before the event loop gets its turn
_DIAGNOSED_LINES = 3000
_READ_CHARS = 2000  # SGLang prints its arguments in one line of 12,000; what tells anything stands at the beginning
_GAUGE_LAG_S = 3.0  # engines bring their gauges up to date now and then only: a new request is not in them yet


class LaunchedServer:
    """A server of this app.

    Attributes:
        spec: what was asked for.
        engine: what is known of its program.
        prepared: what was started; None for one that was adopted.
        name: unique among the servers.
        port: where it listens.
        command: as it is shown, for a POSIX shell; without keys.
        log: what it printed.
        record: what is on disk of it.
    """

    def __init__(
        self,
        spec: LaunchSpec,
        engine: Engine,
        record: Record,
        registry: Registry,
        hooks: Hooks,
        *,
        prepared: PreparedLaunch | None = None,
        timing: Timing | None = None,
        typical_s: float | None = None,
    ) -> None:
        """Prepares; `start` starts.

        Args:
            spec: what was asked for.
            engine: what is known of its program.
            record: what will be on disk of it, or is, where it is adopted.
            registry: where that is.
            hooks: whom it asks and tells.
            prepared: what is started; None where it runs already and is adopted, that is, taken over.
            timing: how long it is waited for.
            typical_s: how long such launches took before.
        """
        self.spec = spec
        self.engine = engine
        self.prepared = prepared
        self.name = record.name
        self.port = record.port
        self.command = record.command
        self.record = record
        self._adopted = prepared is None
        secrets = prepared.secrets if prepared else ()
        self.log = LogStore(record.log_path(registry.folder), secrets=secrets, resume=self._adopted)
        self.last_request = hooks.clock()
        self._touched_at = float("-inf")
        self._registry = registry
        self._hooks = hooks
        self._timing = timing or Timing()
        self._typical_s = typical_s
        adopt = {each.pid: each.started for each in (record.leader, *record.others) if each} if self._adopted else None
        self._process = EngineProcess(
            prepared.argv if prepared else (engine.name,),
            prepared.env if prepared else None,
            self._timing.grace_s,
            name=record.name,
            sink=self._take,
            orphan_grace_s=self._timing.orphan_grace_s,
            adopt=adopt,
        )
        self._phase: Phase = Phase.STARTING
        self._fraction: float | None = None
        self._words = ""
        self._figures: dict[str, float] = {}
        self._diagnosis: Cause | None = None
        self._began = time.monotonic()
        self._took: float | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._drain_until = float("inf")
        self._run_task: asyncio.Task[None] | None = None
        self._lost: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._ended = asyncio.Event()
        self._last_line = ""
        self._unreadable = False

    @property
    def state(self) -> ServerState:
        """How it is now."""
        return ServerState(
            phase=self._phase,
            fraction=self._fraction,
            words=self._words,
            started_at=self.record.started_at,
            seconds=time.monotonic() - self._began if self._took is None else self._took,
            typical_s=self._typical_s,
            figures=dict(self._figures),
            diagnosis=self._diagnosis,
            returncode=self._process.returncode,
            base_url=self.record.base_url if self._phase.is_ready else None,
            log_note=self.log.note,
        )

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return local_url(self.record.host, self.port)

    @property
    def processes(self) -> tuple[Identity, ...]:
        """Those that it was last seen to have, the first one first; without the guard."""
        return tuple(each for each in (self.record.leader, *self.record.others) if each)

    def touch(self) -> None:
        """Note that a request goes to it now."""
        self.last_request = self._touched_at = self._hooks.clock()

    async def start(self) -> None:
        """Starts it, or the watch over it where it was adopted, and returns at once.

        Raises:
            EngineUnavailable: the guard cannot be started, or a file that the engine needs not be written.
        """
        self._began = time.monotonic()
        try:
            if self.prepared:
                self.record = self.record.model_copy(update={"started_at": time.time()})
                await asyncio.to_thread(self.prepared.write_files)
            await self._process.start()
        except OSError as error:
            self._remove_files()
            raise EngineUnavailable(
                f"The key of {self.name} could not be written: {error}.", advice="Make room on the disk."
            ) from error
        except EngineUnavailable:
            self._remove_files()
            raise
        guard = identify(self._process.guard_pid) if self._process.guard_pid else None
        self._note(guard=guard)
        if self._adopted:
            self._set(Phase.ADOPTED, words="its log continues in the file of the app that started it, or is lost")
            self._settled.set()
        self._run_task = asyncio.create_task(self._run(), name=f"server {self.name}")

    async def stop(self, drain_s: float | None = None, *, why: str = "stopped") -> None:
        """Stops it; while it loads, that is the cancelling of its launch. Returns when nothing of it is left.

        Running requests are waited for at most `drain_s` (None: as the timing says), where their number is known;
        then it gets SIGTERM, then SIGKILL. It may be called at any time, also twice, when the shorter wait counts, and
        goes on where the caller is cancelled. `why`: how it ended, in words.
        """
        if self._run_task is None or self._ended.is_set():
            return
        until = time.monotonic() + (self._timing.drain_s if drain_s is None else drain_s)
        self._drain_until = min(self._drain_until, until)
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(why))
        await asyncio.shield(self._stopping)

    async def wait_ready(self) -> str:
        """Waits until it answers, or has ended.

        Returns:
            The base URL.

        Raises:
            EngineExited: it failed, or was stopped.
        """
        await self._settled.wait()
        state = self.state
        if state.base_url is not None:
            return state.base_url
        cause = state.diagnosis
        said = f"{cause.title}: {cause.cause}".removesuffix(": ") if cause else state.words or str(state.phase)
        raise EngineExited(
            f"{self.name} is not running: {said}",
            returncode=state.returncode,
            log_tail="\n".join(self.log.tail(40)),
            advice=cause.advice if cause else "",
        )

    async def wait_ended(self) -> None:
        """Waits until nothing of it is left."""
        await self._ended.wait()

    async def running_requests(self) -> float | None:
        """How many requests it works on now; None where that cannot be known."""
        return await self._hooks.running(self.spec, self.origin) if self._hooks.running else None

    def _set(self, phase: Phase, fraction: float | None = None, words: str = "") -> None:
        self._phase, self._fraction, self._words = phase, fraction, words
        self._hooks.changed()

    def _note(self, **fields: object) -> None:
        """Puts into the record what is new; a full disk only costs the record."""
        if all(getattr(self.record, name) == value for name, value in fields.items()):
            return
        asked = self._registry.read(self.record).stop_asked
        self.record = self.record.model_copy(update={"stop_asked": asked, **fields})
        try:
            self._registry.write(self.record)
        except OSError as error:
            _log.warning("The record of %s could not be written: %s", self.name, error)

    async def _run(self) -> None:
        helpers = [asyncio.create_task(self._look())]
        if not self._adopted:
            helpers.append(asyncio.create_task(self._probe()))
        try:
            await self._process.wait()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        await self._process.stop()
        # The guard has ended them all, unless it was itself killed.
        await end_family(self.record.known)
        await clean_up(self.record)
        await asyncio.to_thread(self.log.close)
        if self._stopping is None:
            await self._came_to_an_end()

    async def _stop(self, why: str) -> None:
        was_ready = self.state.is_ready
        self._set(Phase.STOPPING, words="" if was_ready else "its launch is cancelled")
        if was_ready:
            await self._drain()
        await self._process.stop()
        if self._run_task is not None:
            await asyncio.wait([self._run_task])
        left = await end_family(self.record.known)
        words = f"{why}; the processes {', '.join(str(each.pid) for each in left)} hang" if left else why
        await self._end(Phase.STOPPED, words)

    async def _drain(self) -> None:
        """Waits for the running requests, as long as their number is known."""
        while (left := self._drain_until - time.monotonic()) > 0 and self._process.returncode is None:
            running: float | None = None
            with contextlib.suppress(TimeoutError, httpx.HTTPError):
                running = await asyncio.wait_for(self.running_requests(), left)
            just_sent = self._hooks.clock() - self._touched_at < _GAUGE_LAG_S
            if running is None or (running == 0 and not just_sent):
                break
            words = f"waiting for running requests: {running:.0f}" if running else "waiting for the last request"
            self._set(Phase.STOPPING, words=words)
            await asyncio.sleep(min(0.25, left))
        self._set(Phase.STOPPING)

    async def _came_to_an_end(self) -> None:
        """It ended, and this app did not ask."""
        code = self._process.returncode
        if self._registry.read(self.record).stop_asked:
            await self._end(Phase.STOPPED, "stopped by a command")
            return
        lines = self.log.tail(_DIAGNOSED_LINES)
        if self._diagnosis is None:
            try:
                asked = (self.engine.name, lines, self.spec, code)
                self._diagnosis = await asyncio.to_thread(self._hooks.diagnose, *asked)
            except Exception:  # noqa: BLE001 - a faulty rule must not keep it from being shown as failed
                _log.exception("The log of %s could not be diagnosed", self.name)
        how = "its processes are gone" if self._adopted else how_it_ended(code)
        if self._diagnosis is None:
            after = "after it was ready" if self.record.ready else "before it was ready"
            self._diagnosis = PlainCause(f"It {how} {after}", likely_cause(lines, code), "See the end of its log.")
        await self._end(Phase.FAILED, how)

    def _remove_files(self) -> None:
        if self.prepared:
            self.prepared.remove_files()

    async def _end(self, phase: Phase, words: str) -> None:
        if self._ended.is_set():
            return
        if self._took is None:
            self._took = time.monotonic() - self._began
        shown = f"failed: {self._diagnosis.title}" if self._diagnosis and phase is Phase.FAILED else words
        self._remove_files()
        self.record = await asyncio.to_thread(self._registry.end, self.record, shown)
        self._set(phase, words=words)
        self._settled.set()
        self._ended.set()

    async def _look(self) -> None:
        """Learns which processes there are, for the record: first soon, since the app may be killed at any time."""
        pause = 0.05
        while True:
            await asyncio.sleep(pause)
            if self._process.guard_pid is None:
                continue
            seen = await asyncio.to_thread(children_of, self._process.guard_pid)
            if self._adopted:
                seen = await asyncio.to_thread(find_family, self.record.known, but=[self.record.guard])
            leader = self.record.leader or (seen[0] if seen else None)
            if seen:
                # A process may have gone, and its shared memory not: names are added only.
                shared = {*self.record.shared, *await asyncio.to_thread(shared_by, seen)}
                others = tuple(each for each in seen if each != leader)
                self._note(leader=leader, others=others, shared=tuple(sorted(shared)))
            longest = self._timing.look_every_s * (1 if self._phase in LAUNCH[:-1] else 5)
            pause = min(longest, pause * 2) if seen else pause

    async def _probe(self) -> None:
        """Asks whether it is ready, until it is."""
        async with httpx.AsyncClient(trust_env=False, timeout=_PROBE_S) as client:

            async def ready() -> bool:
                healthy = await is_healthy(client, self.origin + self.engine.health_path)
                return healthy and self._stopping is None and self._lost is None

            try:
                await self._process.wait_until(ready, math.inf, every_s=self._timing.probe_every_s)
            except EngineExited:  # `_run` tells how
                return
        if not await asyncio.to_thread(self._is_its_own_answer):
            holder = await asyncio.to_thread(find_holder, self.port)
            by = f"process {holder.pid}" if holder else "another program"
            self._lose(PlainCause(f"{by} answers on port {self.port}", advice="Launch it again on another port."))
            return
        self._took = time.monotonic() - self._began
        self.last_request = self._hooks.clock()
        self._remove_files()
        self._note(ready=True)
        self._set(Phase.READY)
        self._settled.set()
        self._hooks.became_ready(self.spec, self._took)

    def _is_its_own_answer(self) -> bool:
        """Whether it is this server that answers, and none that took the port in the meantime."""
        if self.prepared and self.prepared.installation.kind == "container":
            return True  # the port is held by the container's own machinery
        holder, guard = find_holder(self.port), self._process.guard_pid
        if holder is None or guard is None:
            return True  # it cannot be known
        return holder.pid in {each.pid for each in (*children_of(guard), *find_family(self.record.known))}

    def _lose(self, cause: Cause | None) -> None:
        """Ends it, since its log says that it is lost: SGLang hangs where its port is taken."""
        if self._lost is not None or self._stopping is not None:
            return
        self._diagnosis = cause
        self._lost = asyncio.create_task(self._end_lost())

    async def _end_lost(self) -> None:
        if self._run_task is not None:
            await asyncio.wait([self._run_task], timeout=self._timing.fatal_s)
        await self._process.stop()

    async def _take(self, data: bytes) -> None:
        """Its output: to the log in a thread, since a disk may be slow; then read, with turns for everyone else."""
        lines = await asyncio.to_thread(self.log.append, data)
        for number, line in enumerate(lines):
            if number % _LINES_AT_ONCE == _LINES_AT_ONCE - 1:
                await asyncio.sleep(0)
            if line != self._last_line and self._phase is not Phase.READY:
                self._last_line = line
                try:
                    self._read(line[:_READ_CHARS])
                except Exception:  # noqa: BLE001 - what cannot be read must not stop its output
                    if not self._unreadable:
                        _log.exception("A line of the log of %s could not be read", self.name)
                    self._unreadable = True

    def _read(self, line: str) -> None:
        if figures := self.engine.figures(line):
            self._figures |= figures
            self._hooks.changed()
        if self._hooks.is_fatal(self.engine.name, line):
            self._lose(None)
        said = self.engine.read(line)
        if said is not None and (moved := advance(self._phase, self._fraction, said)):
            self._set(*moved, said.words)
