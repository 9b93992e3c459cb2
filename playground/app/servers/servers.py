"""The servers that the app launches or is attached to: one object for the page, the routes and the switcher."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from playground.addresses import is_public
from playground.app.servers.cards import view_attached, view_launched, view_survivor
from playground.app.servers.launch_choices import Installations
from playground.app.servers.launches import Launches, Shown
from playground.app.servers.sizing import Sizing
from playground.app.servers.supervising import launch_as_shown, make_supervisor
from playground.app.servers.views import ServerView
from playground.app.servers.watched import PREFIX, Attached, Launched
from playground.backends import Backend, BackendState
from playground.backends.attach import recognise
from playground.backends.upstream_check import Finding, check_upstream
from playground.base_url import origin_of, read_base_url
from playground.client import Client
from playground.engines.fit.fit import Fit
from playground.engines.kinds import find_engine
from playground.engines.launch.registry import Survivor
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor, default_folder
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from playground.settings import Settings
from playground.wire.prepared import Auth

LOOK_S = 2.0


class Servers:
    """Launches, attaches, watches, stops. Its coroutines belong to the app's one event loop.

    Attributes:
        installations: where the engines are.
        sizing: whether a model fits.
    """

    def __init__(self, settings: Settings, client: Client) -> None:
        self._settings = settings
        self._client = client
        self.installations = Installations(settings.engine_places)
        self.sizing = Sizing()
        self._folder = default_folder(settings.cache_dir)
        self._supervisor: Supervisor | None = None
        self._launches = Launches(self.installations)
        self._launched: dict[str, Launched] = {}
        self._attached: dict[str, Attached] = {}
        self._left: list[Survivor] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def forms_folder(self) -> Path:
        """Where what a form wrote down lies while its tool reads it."""
        return self._folder / "forms"

    async def start(self) -> None:
        """Begin to watch; what an earlier app has left is looked for."""
        self._supervisor = make_supervisor(self._settings, self._client)
        self._left = await self._supervisor.find_survivors()
        self._spawn(self._watch())

    async def close(self) -> None:
        """Stop all that was launched; what was attached to goes on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._supervisor is not None:
            await self._supervisor.close()

    async def preview(self, spec: LaunchSpec, where: str | None, before: str = "") -> Shown:
        """Prepare a launch: the command as it will be run, which `launch` takes by its id.

        `before` is the id of what is shown already: it stays where nothing has changed.

        Raises:
            InvalidLaunch: it cannot be launched so.
        """
        return await self._launches.show(self._started, spec, where, before)

    async def launch(self, spec: LaunchSpec, where: str | None, command: str = "", shown: str = "") -> str:
        """Launch it, after its arguments were checked by the engine's own parser; the server's name.

        Args:
            spec: what the form says.
            where: the installation, as the form names it; None for the first.
            command: as it stands on the page, where a person may have edited it; "" as the form has it.
            shown: the id of the preview; where the form still says what it was made for, that very object is run.

        Raises:
            InvalidLaunch: it cannot be launched so.
            LaunchOutdated: it cannot be run as it was shown any more; ask for another preview.
            EngineUnavailable: the engine is not there.
        """
        prepared = await self._launches.choose(self._started, spec, where, command, shown)
        await prepared.check()
        server = await launch_as_shown(self._started, prepared)
        self._add(server)
        return server.name

    async def attach(self, url: str, key: str = "") -> str:
        """Recognise what runs there and take it in; what was found, in words. A login in the URL is its key.

        Raises:
            PlaygroundError: nothing answers there, or the URL is none.
        """
        base = read_base_url(url)
        secret = base.login or (SecretStr(key.strip()) if key.strip() else None)
        auth = Auth.BASIC if base.login else Auth.BEARER
        found = await recognise(base.url, self._client, secret.get_secret_value() if secret else None, auth=auth)
        name = origin_of(found.base_url).partition("://")[2].partition("?")[0]  # a query may hold a key
        self._attached[name] = Attached(name, found, secret, auth)
        await self._attached[name].look(self._client)
        version = f" {found.version}" if found.version else ""
        what = "An unrecognised server" if found.engine == "unknown" else f"{found.engine}{version}"
        return f"{what} runs at {found.base_url}; it is in the list of backends as {name}."

    def views(self) -> list[ServerView]:
        """All of them: the latest launch first, then attached ones, then what was left behind."""
        launched = map(view_launched, reversed(list(self._launched.values())))
        return [*launched, *map(view_attached, self._attached.values()), *map(view_survivor, self._left)]

    def backends(self) -> tuple[Backend, ...]:
        """Those that can be chosen in the switcher: all but what was left behind."""
        return tuple(one.backend() for one in self._listed())

    def origins(self) -> list[str]:
        """Where those answer that were launched here: `http://127.0.0.1:PORT`."""
        return [server.origin for server in (self._supervisor.servers if self._supervisor else [])]

    def secrets(self) -> list[str]:
        """The keys of all of them, for masking."""
        launched = (one.server.spec.api_key for one in list(self._launched.values()))
        keys = (*launched, *(one.key for one in self._attached.values()))
        return [key.get_secret_value() for key in keys if key is not None]

    def state(self, backend: str) -> BackendState | None:
        """How a launched server is, while it cannot answer; None where it has to be asked."""
        launched = self._launched.get(backend.removeprefix(PREFIX))
        if launched is None or launched.server.state.is_ready:
            return None
        return BackendState(launched.server.state.phase, view_launched(launched).words)

    def touch(self, backend: str) -> None:
        """Note that a request goes there now: an idle server is stopped if that was asked for."""
        if self._supervisor is not None and backend.startswith(PREFIX):
            self._supervisor.touch(backend.removeprefix(PREFIX))

    def server(self, name: str) -> LaunchedServer:
        """A launched server.

        Raises:
            InvalidLaunch: there is none.
        """
        return self._started.get(name)

    async def stop(self, name: str) -> str:
        """Stop it and all it started, in the background; the page watches."""
        self._started.get(name)
        self._spawn(self._started.stop(name))
        return f"Stopping {name}: running requests have {self._settings.drain_s:g} s to finish."

    async def again(self, name: str) -> str:
        """Launch it again as it was."""
        await self._restart(name, {})
        return ""

    async def fix(self, name: str) -> str:
        """Launch it again with what its diagnosis would change.

        Raises:
            InvalidLaunch: there is no fix.
        """
        diagnosis = self._started.get(name).state.diagnosis
        if diagnosis is None or not diagnosis.fix:
            raise InvalidLaunch(f"There is no known fix for {name}.")
        before = self._started.get(name).prepared
        edited = before is not None and before.edited
        await self._restart(name, diagnosis.fix)
        return f"{diagnosis.fix_words}{'; the command had been edited by hand and was rebuilt' if edited else ''}"

    async def adopt(self, name: str) -> str:
        """Take over what an app that was killed has left."""
        self._add(await self._started.adopt(self._take(name)))
        return f"This app has adopted {name}: it now stops when the app does."

    async def end(self, name: str) -> str:
        """End what an app that was killed has left."""
        await self._started.end(self._take(name))
        return f"Nothing of {name} is running any more."

    async def forget(self, name: str) -> str:
        """Take it off the list."""
        if self._attached.pop(name, None) is None:
            self._started.forget(name)
            del self._launched[name]
        return ""

    async def missing(self, engine: str) -> str:
        """What a person is told whose machine does not have an engine; "" where it is there."""
        if await self.installations.of(engine):
            return ""
        kind = find_engine(engine)
        if not kind.launchable:
            why = "cannot be launched from here: run it on its own platform, then attach to it"
        else:
            why = "was not found on this machine: the command is for one that has it"
        return f"{kind.title} {why}. It needs {kind.needs}."

    async def check_upstream(self, url: str, key: str, model: str) -> list[Finding]:
        """Look at an endpoint as TheRouter would; nothing is registered.

        Raises:
            InvalidUrl: it is not a base URL.
        """
        looks = check_upstream(url, self._client, key.strip() or None, model.strip(), is_public=is_public)
        return [finding async for finding in looks]

    async def fit(self, spec: LaunchSpec) -> Fit:
        """Whether it fits on this machine, with the arithmetic.

        Raises:
            PlaygroundError: the model's files cannot be read: it is gated, missing, or there is no network.
        """
        return await self.sizing.fit(spec)

    @property
    def _started(self) -> Supervisor:
        if self._supervisor is None:
            raise InvalidLaunch("the app has not started yet.", advice="Try again in a moment.")
        return self._supervisor

    def _take(self, name: str) -> Survivor:
        for survivor in self._left:
            if survivor.record.name == name:
                self._left.remove(survivor)
                return survivor
        raise InvalidLaunch(f"Nothing of {name} was left behind.")

    def _listed(self) -> list[Launched | Attached]:
        """All but what was left behind; also launched ones that have ended."""
        return [*self._launched.values(), *self._attached.values()]

    async def _restart(self, name: str, changes: Mapping[str, Any]) -> None:
        """It is checked before the server is stopped: one that runs goes on where its restart could not begin."""
        prepared = await self._started.prepare_again(name, changes)
        await prepared.check()
        self._add(await self._started.relaunch(prepared))

    def _add(self, server: LaunchedServer) -> None:
        """The latest comes last, and nothing is kept of one that had its name."""
        self._launched.pop(server.name, None)
        self._launched[server.name] = launched = Launched(server)
        self._spawn(launched.work_out(self.sizing))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        """Looks at all that run, again and again."""
        while True:
            for one in self._listed():
                await one.look(self._client)
            await asyncio.sleep(LOOK_S)
