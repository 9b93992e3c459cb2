"""All servers of this app: several at once, each with its own name, port and log."""

import asyncio
import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playground.engines.embedded.models import default_cache_dir
from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.launch.durations import Durations
from playground.engines.launch.hooks import CountRunning, Hooks, Timing
from playground.engines.launch.ports import choose_port
from playground.engines.launch.prepared import PreparedLaunch, prepare_launch
from playground.engines.launch.processes import Known, ask_to_end, end_family
from playground.engines.launch.registry import Record, Registry, Survivor, clean_up, is_running, this_app
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.state import Diagnose, IsFatal
from playground.engines.spec import LaunchSpec
from playground.errors import EngineUnavailable, InvalidLaunch, LaunchOutdated

_AGAIN = "Launch it again: the command is prepared again."
_IDLE_LOOK_S = 15.0
_SURVIVOR_GRACE_S = 5.0


def default_folder(cache: Path | None) -> Path:
    """Where servers are kept: in the app's folder in the user's cache, or in `cache` where a setting names one."""
    return (cache or default_cache_dir().parent) / "servers"


class Supervisor:
    """Starts, watches and ends servers. It belongs to one event loop; `close` it in the end.

    Attributes:
        registry: the records on disk, also of other apps and of ended servers.
        version: counts the changes of any state; see `wait_change`.
    """

    def __init__(
        self,
        folder: Path,
        engines: Mapping[str, Engine],
        *,
        diagnose: Diagnose = lambda _engine, _lines, _spec, _code: None,
        is_fatal: IsFatal = lambda _engine, _line: False,
        running: CountRunning | None = None,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares, and clears away the records of what ended more than a day ago.

        Args:
            folder: for records and logs; see `default_folder`.
            engines: by their names.
            diagnose: why a server failed, as in `playground.engines.kinds.failures`.
            is_fatal: whether a line of a log says that its server is lost; from there too.
            running: how many requests a server works on, from its metrics; None unknown.
            timing: how long servers are waited for.
            clock: seconds, by which idle servers are told.
        """
        self.registry = Registry(folder)
        self.version = 0
        self._engines = engines
        self._timing = timing or Timing()
        self._clock = clock
        self._servers: dict[str, LaunchedServer] = {}
        self._durations = Durations(folder / "durations")
        self._hooks = Hooks(diagnose, is_fatal, running, self._changed, self._became_ready, clock)
        self._lock = asyncio.Lock()
        self._change = asyncio.Event()
        self._idle_task: asyncio.Task[None] | None = None
        self._closed = False
        self.registry.prune()

    @property
    def servers(self) -> list[LaunchedServer]:
        """All of this app, also those that ended, until one of the same name takes their place or `forget`."""
        return list(self._servers.values())

    def get(self, name: str) -> LaunchedServer:
        """The server of this name.

        Raises:
            InvalidLaunch: there is none.
        """
        try:
            return self._servers[name]
        except KeyError:
            names = ", ".join(self._servers) or "none"
            raise InvalidLaunch(f"there is no server {name!r}; there are: {names}.", field="name") from None

    async def prepare(
        self, spec: LaunchSpec, installation: Installation, edited: Command | None = None
    ) -> PreparedLaunch:
        """Puts a launch together, with its name and its port; nothing is started, and nothing is reserved.

        Args:
            spec: what is asked for.
            installation: where its engine is.
            edited: in place of the engine's own command for `spec`, where a person changed it; it names `spec.port`.

        Raises:
            InvalidLaunch: the specification cannot be launched, or no port is free.
        """
        return await asyncio.to_thread(self._prepare, spec, installation, edited)

    async def prepare_again(self, name: str, changes: Mapping[str, Any]) -> PreparedLaunch:
        """Puts a launch together that takes the place of a server, with these fields of its specification changed.

        Without changes, a command that a person edited stays; with changes it is written anew. A port that the app
        chose stays if it can.

        Raises:
            InvalidLaunch: there is no such server, it was adopted, or the changes cannot be used.
        """
        old = self.get(name)
        if old.prepared is None:
            raise InvalidLaunch(f"{name} was adopted: how it was started is only partly known.", field="name")
        spec = old.spec.changed(**changes)
        edited = old.prepared.command if old.prepared.edited and not changes else None
        keep_port = "port" not in changes
        return await asyncio.to_thread(
            self._prepare, spec, old.prepared.installation, edited, instead_of=old, keep_port=keep_port
        )

    async def launch(self, prepared: PreparedLaunch) -> LaunchedServer:
        """Starts what was prepared and returns at once; the server's `state` tells how far it is.

        Raises:
            InvalidLaunch: the name or the port that was asked for is taken.
            LaunchOutdated: the name or the port that was chosen was taken meanwhile, or it has already been launched.
            EngineUnavailable: the program is not there.
        """
        async with self._lock:  # two launches at once must not take one name or port
            if self._closed:
                raise InvalidLaunch("the app is stopping.")
            if obstacle := await self.obstacle(prepared):
                raise obstacle
            _require_program(prepared.argv[0], prepared.env)
            return await self._start(
                LaunchedServer(
                    prepared.spec,
                    prepared.engine,
                    prepared.record,
                    self.registry,
                    self._hooks,
                    prepared=prepared,
                    timing=self._timing,
                    typical_s=self._durations.typical_s(prepared.spec.engine, prepared.spec.model),
                )
            )

    async def relaunch(self, prepared: PreparedLaunch) -> LaunchedServer:
        """Stops the server of that name, and starts what was prepared to take its place.

        Raises:
            InvalidLaunch: there is no such server; and all that `launch` raises, once it is stopped.
        """
        await self.get(prepared.name).stop()
        return await self.launch(prepared)

    async def obstacle(self, prepared: PreparedLaunch) -> InvalidLaunch | None:
        """Why it could not be launched now; None where it could, as far as name and port go."""
        return await asyncio.to_thread(self._obstacle, prepared)

    async def stop(self, name: str, drain_s: float | None = None) -> None:
        """Stops a server; returns when nothing of it is left. See `LaunchedServer.stop`.

        Raises:
            InvalidLaunch: there is no such server.
        """
        await self.get(name).stop(drain_s)

    def forget(self, name: str) -> None:
        """Take a server that has ended off the list; its log stays on disk for a day.

        Raises:
            InvalidLaunch: there is none, or it has not ended.
        """
        if not self.get(name).state.has_ended:
            raise InvalidLaunch(f"{name} has not ended.", field="name", advice="Stop it first.")
        del self._servers[name]
        self._changed()

    async def close(self, drain_s: float = 0) -> None:
        """Stops all servers, at once, and launches no more."""
        self._closed = True
        if self._idle_task is not None:
            self._idle_task.cancel()
            await asyncio.wait([self._idle_task])
        async with self._lock:
            stops = [server.stop(drain_s) for server in self.servers]
        await asyncio.gather(*stops)
        self._changed()

    def touch(self, name: str) -> None:
        """Note that a request goes to this server now; an unknown name is passed over.

        Its idle stop counts from here, and a stop that follows at once waits for what the metrics do not count yet.
        """
        if name in self._servers:
            self._servers[name].touch()

    async def find_survivors(self) -> list[Survivor]:
        """What is left of servers whose app and guard were killed."""
        return await asyncio.to_thread(self.registry.find_survivors)

    async def adopt(self, survivor: Survivor) -> LaunchedServer:
        """Takes a server over whose app has gone: a new guard watches it, and ends it with this app.

        Its log is what was written until then: its output has no reader any more.

        Raises:
            InvalidLaunch: its first process has gone, its engine is unknown, or this app has a server of its name.
        """
        record = survivor.record
        engine = self._engines.get(record.engine)
        if engine is None or not survivor.can_adopt:
            raise InvalidLaunch(
                f"{record.name} cannot be adopted: the process that answers requests is gone.", advice="End it."
            )
        async with self._lock:
            if not self._is_free(record.name, but=record.id):
                raise InvalidLaunch(f"there is already a server {record.name!r}.", field="name", advice="Forget it.")
            leader, *others = survivor.processes
            record = record.model_copy(
                update={"owner": this_app(), "guard": None, "leader": leader, "others": tuple(others)}
            )
            spec = LaunchSpec.parse(record.spec)
            return await self._start(
                LaunchedServer(spec, engine, record, self.registry, self._hooks, timing=self._timing)
            )

    async def end(self, survivor: Survivor) -> None:
        """Ends what is left of a server whose app has gone; returns when nothing is."""
        if survivor.can_adopt:
            await ask_to_end(survivor.processes[0], _SURVIVOR_GRACE_S)
        record = survivor.record
        await end_family(Known(record.id, record.leader, survivor.processes))
        await clean_up(record)
        self.registry.end(record, "its app was killed; what was left was ended")

    async def wait_change(self, since: int, timeout_s: float | None = None) -> int:
        """Waits until the version is another than `since`, or the time is over; gives the version."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.version == since:
                    await self._change.wait()
        return self.version

    def _changed(self) -> None:
        self.version += 1
        event, self._change = self._change, asyncio.Event()
        event.set()

    def _became_ready(self, spec: LaunchSpec, seconds: float) -> None:
        self._durations.add(spec.engine, spec.model, seconds)

    def _prepare(
        self,
        spec: LaunchSpec,
        installation: Installation,
        edited: Command | None,
        *,
        instead_of: LaunchedServer | None = None,
        keep_port: bool = True,
    ) -> PreparedLaunch:
        engine = self._engines.get(spec.engine)
        if engine is None:
            raise InvalidLaunch(f"{spec.engine!r} is none of {', '.join(self._engines)}.", field="engine")
        kept = self._keep_port(instead_of) if instead_of and keep_port else None
        return prepare_launch(
            spec,
            engine,
            installation,
            name=instead_of.name if instead_of else spec.name or self._choose_name(spec),
            port=spec.port or kept or choose_port(spec.host, None, engine.default_port, self._promised(instead_of)),
            folder=self.registry.folder,
            edited=edited,
        )

    def _keep_port(self, old: LaunchedServer) -> int | None:
        """The port of a server that is started anew, unless something else has taken it."""
        if old.state.has_ended:
            try:
                choose_port(old.record.host, old.port, old.port, self._promised(old))
            except InvalidLaunch:
                return None
        return old.port

    def _promised(self, but: LaunchedServer | None = None) -> list[int]:
        """Ports of this app's servers, which may not listen yet."""
        return [server.port for server in self.servers if server is not but and not server.state.has_ended]

    def _obstacle(self, prepared: PreparedLaunch) -> InvalidLaunch | None:
        spec = prepared.spec
        if not self._is_free(prepared.name):
            kind, advice = (InvalidLaunch, "Choose another.") if spec.name else (LaunchOutdated, _AGAIN)
            return kind(f"there is already a server {prepared.name!r}.", field="name", advice=advice)
        try:
            choose_port(spec.host, prepared.port, prepared.port, self._promised())
        except InvalidLaunch as error:
            if spec.port or error.field != "port":
                return error
            words = error.message.removeprefix("port: ").removesuffix(".")
            return LaunchOutdated(f"{words}; it was free when it was chosen.", field="port", advice=_AGAIN)
        if self.registry.path_of(prepared.record).exists():
            return LaunchOutdated("it has already been launched.", advice=_AGAIN)
        return None

    async def _start(self, server: LaunchedServer) -> LaunchedServer:
        await server.start()
        server.last_request = self._clock()
        # One that has ended goes to the end of the list when it comes again.
        self._servers.pop(server.name, None)
        self._servers[server.name] = server
        if self._idle_task is None:
            self._idle_task = asyncio.create_task(self._stop_idle(), name="idle servers")
        self._changed()
        return server

    def _choose_name(self, spec: LaunchSpec) -> str:
        base = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(spec.served_name or spec.model).name).strip("._-")[:60]
        base = base or spec.engine
        names = (base if number == 1 else f"{base}-{number}" for number in range(1, 10_000))
        return next(name for name in names if self._is_free(name))

    def _is_free(self, name: str, but: str = "") -> bool:
        """Whether no server of this name runs, in this app or in another of this user on this machine."""
        if name in self._servers and not self._servers[name].state.has_ended:
            return False
        records: list[Record] = [each for each in self.registry.list_records() if each.name == name and each.id != but]
        return not any(is_running(each) for each in records)

    async def _stop_idle(self) -> None:
        while True:
            limits = [s.spec.idle_stop_min * 60 for s in self.servers if s.spec.idle_stop_min and s.state.is_ready]
            await self.wait_change(self.version, min([_IDLE_LOOK_S, *(limit / 4 for limit in limits)]))
            for server in self.servers:
                limit_min = server.spec.idle_stop_min
                if limit_min is None or not server.state.is_ready or self._idle_s(server) < limit_min * 60:
                    continue
                with contextlib.suppress(Exception):  # metrics that fail count as unknown
                    if await server.running_requests():
                        server.last_request = self._clock()
                if self._idle_s(server) >= limit_min * 60:
                    await server.stop(why=f"stopped after {limit_min:g} minutes without a request")

    def _idle_s(self, server: LaunchedServer) -> float:
        return self._clock() - server.last_request


def _require_program(program: str, env: Mapping[str, str]) -> None:
    if shutil.which(program, path=env.get("PATH", os.defpath)) is None:
        raise EngineUnavailable(
            f"There is no program {program}, or it may not be run.",
            advice="Install the engine, or give the path of its program or of its environment's interpreter.",
        )
