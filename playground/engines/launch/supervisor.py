"""All servers of this app: several at once, each with its own name, port and log."""

import asyncio
import contextlib
import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.launch.durations import Durations
from playground.engines.launch.hooks import Hooks, Timing
from playground.engines.launch.ports import choose_port
from playground.engines.launch.prepared import prepare_launch
from playground.engines.launch.processes import Known, ask_to_end, end_family
from playground.engines.launch.registry import Record, Registry, Survivor, clean_up, is_running, this_app
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.state import Diagnose, IsFatal
from playground.engines.spec import LaunchSpec
from playground.errors import EngineUnavailable, InvalidLaunch

_IDLE_LOOK_S = 15.0
_SURVIVOR_GRACE_S = 5.0


def default_folder(cache: Path) -> Path:
    """Where servers are kept, in the app's folder in the user's cache."""
    return cache / "servers"


class Supervisor:
    """Starts, watches and ends servers. It belongs to one event loop; `close` it in the end.

    Attributes:
        registry: the records on disk, also of other apps and of ended servers.
        version: counts the changes of any state; see `changes`.
    """

    def __init__(
        self,
        folder: Path,
        engines: Mapping[str, Engine],
        *,
        diagnose: Diagnose = lambda _engine, _lines, _spec, _code: None,
        is_fatal: IsFatal = lambda _engine, _line: False,
        running: Callable[[LaunchedServer], Awaitable[float | None]] | None = None,
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
        self._edited: dict[str, Command] = {}
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

    async def launch(
        self, spec: LaunchSpec, installation: Installation, command: Command | None = None
    ) -> LaunchedServer:
        """Starts a server and returns at once; its `state` tells how far it is.

        Args:
            spec: what is asked for.
            installation: where its engine is.
            command: in place of the engine's own for `spec`, where a person changed it; it names `spec.port`.

        Raises:
            InvalidLaunch: the specification cannot be launched: the engine, the name or the port.
            EngineUnavailable: the program is not there.
        """
        async with self._lock:  # two launches at once must not choose one name or port
            return await self._launch(spec, installation, command)

    async def relaunch(self, name: str, changes: Mapping[str, Any]) -> LaunchedServer:
        """Stops a server and starts it anew, with these fields of its specification changed.

        Raises:
            InvalidLaunch: there is no such server, it was adopted, or the changes cannot be used; then it goes on.
            EngineUnavailable: the program is not there.
        """
        old = self.get(name)
        if old.installation is None:
            raise InvalidLaunch(f"{name} was adopted: how it was started is known in part only.", field="name")
        spec = old.spec.changed(**({"name": name} | dict(changes)))
        await old.stop()
        return await self.launch(spec, old.installation, None if changes else self._edited.get(name))

    def is_edited(self, name: str) -> bool:
        """Whether its command was changed by a person, so that a relaunch with changes writes it anew."""
        return name in self._edited

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
            raise InvalidLaunch(f"{record.name} cannot be adopted: what answers requests has gone.", advice="End it.")
        async with self._lock:
            if not self._is_free(record.name, but=record.id):
                raise InvalidLaunch(f"there is a server {record.name!r} already.", field="name", advice="Forget it.")
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

    async def changes(self) -> AsyncIterator[int]:
        """The version, now and after each change; several changes may come as one. It ends with the supervisor."""
        seen = -1
        while True:
            seen = await self.wait_change(seen)
            yield seen
            if self._closed:
                return

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

    def _became_ready(self, server: LaunchedServer, seconds: float) -> None:
        self._durations.add(server.spec.engine, server.spec.model, seconds)

    async def _launch(self, spec: LaunchSpec, installation: Installation, command: Command | None) -> LaunchedServer:
        engine = self._engines.get(spec.engine)
        if self._closed:
            raise InvalidLaunch("the app is stopping.")
        if engine is None:
            raise InvalidLaunch(f"{spec.engine!r} is none of {', '.join(self._engines)}.", field="engine")
        name = await asyncio.to_thread(self._choose_name, spec)
        promised = [server.port for server in self.servers if not server.state.has_ended]
        port = await asyncio.to_thread(choose_port, spec.host, spec.port, engine.default_port, promised)
        prepared = prepare_launch(
            spec, engine, installation, name=name, port=port, folder=self.registry.folder, command=command
        )
        _require_program(prepared.argv[0], prepared.env)
        self._edited.pop(name, None)
        if command is not None:
            self._edited[name] = command
        return await self._start(
            LaunchedServer(
                spec,
                engine,
                prepared.record,
                self.registry,
                self._hooks,
                prepared=prepared,
                installation=installation,
                timing=self._timing,
                typical_s=self._durations.typical_s(spec.engine, spec.model),
            )
        )

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
        if spec.name:
            if not self._is_free(spec.name):
                raise InvalidLaunch(f"there is a server {spec.name!r} already.", field="name", advice="Choose another.")
            return spec.name
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
