"""The servers that the app launches or is attached to: one object for the page, the routes and the switcher."""

import asyncio
import contextlib
import math
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from playground.addresses import is_public
from playground.backends import Backend, BackendState
from playground.backends.attach import origin_of, recognise
from playground.backends.base import is_url
from playground.backends.metrics import MetricsHistory, parse_metrics
from playground.backends.upstream_check import Finding, check_upstream
from playground.client import Client
from playground.engines.fit.fit import Fit
from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Command
from playground.engines.kinds.failures import diagnose, is_fatal
from playground.engines.launch.download import Download, bytes_here
from playground.engines.launch.hooks import Timing
from playground.engines.launch.registry import Survivor
from playground.engines.launch.server import LaunchedServer
from playground.engines.launch.supervisor import Supervisor, default_folder
from playground.engines.models import default_cache_dir
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch, PlaygroundError
from playground.server.launch_choices import Installations, command_of
from playground.server.launch_form import port_of, read_command
from playground.server.server_cards import PREFIX, Attached, view_attached, view_launched, view_survivor
from playground.server.server_views import ServerView
from playground.server.sizing import Sizing, figures_of
from playground.settings import Settings
from playground.wire.prepared import Target

LOOK_S = 2.0
KEY_NAME = "SERVER_API_KEY"  # how a key that a server asks for is named in snippets


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
        self._folder = default_folder(settings.cache_dir or default_cache_dir().parent)
        self._supervisor: Supervisor | None = None
        self._attached: dict[str, Attached] = {}
        self._left: list[Survivor] = []
        self._histories: dict[str, MetricsHistory] = {}
        self._estimates: dict[str, Mapping[str, float]] = {}
        self._silent_from: dict[str, float] = {}  # when a server that was ready was first not answering
        self._here: dict[str, int] = {}  # bytes of the model when its launch began
        self._downloads: dict[str, Download] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def forms_folder(self) -> Path:
        """Where what a form wrote down lies while its tool reads it."""
        return self._folder / "forms"

    async def start(self) -> None:
        """Begin to watch; what an earlier app has left is looked for."""
        self._supervisor = Supervisor(
            self._folder,
            ENGINES,
            diagnose=diagnose,
            is_fatal=is_fatal,
            running=self._running,
            timing=Timing(drain_s=self._settings.drain_s),
        )
        self._left = await self._supervisor.find_survivors()
        self._spawn(self._watch())

    async def close(self) -> None:
        """Stop all that was launched; what was attached to goes on."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._supervisor is not None:
            await self._supervisor.close()

    async def command(self, spec: LaunchSpec, where: str | None) -> Command:
        """The command of a launch, on its port or the engine's.

        Raises:
            InvalidLaunch: it cannot be launched so.
        """
        return command_of(spec, await self.installations.choose(spec.engine, where))

    async def launch(self, spec: LaunchSpec, where: str | None, edited: str = "") -> str:
        """Launch it, after its arguments were checked by the engine's own parser; the server's name.

        Args:
            spec: what the form says.
            where: the installation, as the form names it; None for the first.
            edited: the command as a person changed it; "" as the form has it.

        Raises:
            InvalidLaunch: it cannot be launched so.
            EngineUnavailable: the engine is not there.
        """
        installation = await self.installations.choose(spec.engine, where)
        engine = ENGINES.get(spec.engine)
        if installation is None or engine is None or not engine.launchable:
            title, needs = (engine.title, engine.needs) if engine else (spec.engine, "an engine that is known")
            raise InvalidLaunch(
                f"{title} was not found on this machine, so it cannot be launched here.",
                field="engine",
                advice=f"It needs {needs}. Name its environment in PLAYGROUND_ENGINE_ENVIRONMENTS, or copy the "
                "command to a machine that has it, and attach to it there.",
            )
        command = engine.command(spec, installation, spec.port or engine.default_port)
        override = None
        if edited:
            override = read_command(edited, command)
            spec = spec.changed(port=port_of(override.argv, spec.port or engine.default_port))
        await check_arguments(engine, installation, override or command)
        server = await self._started.launch(spec, installation, override)
        self._histories.pop(server.name, None)
        for kept in (self._estimates, self._downloads, self._here, self._silent_from):
            kept.pop(server.name, None)
        self._spawn(self._estimate(server))
        return server.name

    async def attach(self, url: str, key: str = "") -> str:
        """Recognise what runs there and take it in; what was found, in words.

        Raises:
            PlaygroundError: nothing answers there, or the URL is none.
        """
        found = await recognise(url.strip(), self._client, key.strip() or None)
        name = origin_of(found.base_url).partition("://")[2]
        self._attached[name] = Attached(name, found, SecretStr(key.strip()) if key.strip() else None)
        await self._look_at(self._attached[name])
        version = f" {found.version}" if found.version else ""
        what = "A server that is not recognised" if found.engine == "unknown" else f"{found.engine}{version}"
        return f"{what} runs at {found.base_url}; it is among the backends as {name}."

    def views(self) -> list[ServerView]:
        """All of them: the latest launch first, then attached ones, then what was left behind."""
        launched = [
            view_launched(
                server,
                self._history(server.name),
                self._estimates.get(server.name, {}),
                self._downloads.get(server.name),
                silent_s=time.monotonic() - self._silent_from.get(server.name, math.inf),
            )
            for server in reversed(self._supervisor.servers if self._supervisor else [])
        ]
        return [*launched, *map(view_attached, self._attached.values()), *map(view_survivor, self._left)]

    def backends(self) -> tuple[Backend, ...]:
        """Those that can be chosen in the switcher: all but what was left behind."""
        found = [_backend(server) for server in (self._supervisor.servers if self._supervisor else [])]
        for one in self._attached.values():
            models = one.found.models
            target = Target(one.found.base_url, KEY_NAME if one.key else None)
            found.append(Backend(PREFIX + one.name, one.name, target, one.key, default_model=_first(models)))
        return tuple(found)

    def secrets(self) -> list[str]:
        """The keys of all of them, for masking."""
        launched = (server.spec.api_key for server in (self._supervisor.servers if self._supervisor else []))
        keys = (*launched, *(one.key for one in self._attached.values()))
        return [key.get_secret_value() for key in keys if key is not None]

    def state(self, backend: str) -> BackendState | None:
        """How a launched server is, while it cannot answer; None where it has to be asked."""
        server = self._launched(backend.removeprefix(PREFIX))
        if server is None or server.state.is_ready:
            return None
        return BackendState(server.state.phase, view_launched(server, MetricsHistory(), {}).words)

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
        return f"{name} is being stopped: running requests have {self._settings.drain_s:g} s to end."

    async def again(self, name: str) -> str:
        """Launch it again as it was."""
        await self._started.relaunch(name, {})
        return ""

    async def fix(self, name: str) -> str:
        """Launch it again with what its diagnosis would change.

        Raises:
            InvalidLaunch: there is no fix.
        """
        diagnosis = self._started.get(name).state.diagnosis
        if diagnosis is None or not diagnosis.fix:
            raise InvalidLaunch(f"No fix is known for {name}.")
        edited = self._started.is_edited(name)
        await self._started.relaunch(name, diagnosis.fix)
        return f"{diagnosis.fix_words}{'; the command, which was edited by hand, was written anew' if edited else ''}"

    async def adopt(self, name: str) -> str:
        """Take over what an app that was killed has left."""
        await self._started.adopt(self._take(name))
        return f"{name} is this app's now: it ends with it."

    async def end(self, name: str) -> str:
        """End what an app that was killed has left."""
        await self._started.end(self._take(name))
        return f"Nothing of {name} is left."

    async def forget(self, name: str) -> str:
        """Take it off the list."""
        if self._attached.pop(name, None) is None:
            self._started.forget(name)
        self._histories.pop(name, None)
        return ""

    async def missing(self, engine: str) -> str:
        """What a person is told whose machine does not have an engine; "" where it is there."""
        if await self.installations.of(engine):
            return ""
        kind = find_engine(engine)
        if not kind.launchable:
            why = "is not launched from here: run it where it is at home, then attach to it"
        else:
            why = "was not found on this machine: the command is for one that has it"
        return f"{kind.title} {why}. It needs {kind.needs}."

    async def check_upstream(self, url: str, key: str, model: str) -> list[Finding]:
        """Look at an endpoint as TheRouter would; nothing is registered.

        Raises:
            InvalidLaunch: it is no URL.
        """
        if not is_url(url):
            raise InvalidLaunch("this is no http(s) URL.", field="public URL")
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

    def _launched(self, name: str) -> LaunchedServer | None:
        servers = self._supervisor.servers if self._supervisor else []
        return next((server for server in servers if server.name == name), None)

    def _take(self, name: str) -> Survivor:
        for survivor in self._left:
            if survivor.record.name == name:
                self._left.remove(survivor)
                return survivor
        raise InvalidLaunch(f"Nothing of {name} was left behind.")

    def _history(self, name: str) -> MetricsHistory:
        return self._histories.setdefault(name, MetricsHistory())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _estimate(self, server: LaunchedServer) -> None:
        with contextlib.suppress(PlaygroundError):  # it is told where it was asked for
            self._estimates[server.name] = figures_of(await self.sizing.fit(server.spec))

    async def _running(self, server: LaunchedServer) -> float | None:
        key = server.spec.api_key.get_secret_value() if server.spec.api_key else None
        try:
            text = await self._client.get_text(f"{server.origin}/metrics", key=key, timeout_s=LOOK_S)
        except PlaygroundError:
            return None
        return parse_metrics(text).running

    async def _watch(self) -> None:
        """Looks at the metrics of all that are ready, again and again."""
        while True:
            for server in self._started.servers:
                if not server.spec.is_local and not server.state.is_ready and not server.state.has_ended:
                    await asyncio.to_thread(self._see_download, server)
                if not server.state.is_ready:
                    self._silent_from.pop(server.name, None)
                elif await self._answers(server):
                    await self._measure(server.origin, server.spec.api_key, self._history(server.name))
            for one in list(self._attached.values()):
                await self._look_at(one)
            await asyncio.sleep(LOOK_S)

    def _see_download(self, server: LaunchedServer) -> None:
        """A model that lies there already does not grow: then nothing is said of a download."""
        done = bytes_here(server.spec.model)
        before = self._here.setdefault(server.name, done)
        total = self._estimates.get(server.name, {}).get("whole_bytes")
        if done > before:
            self._downloads[server.name] = Download(done, int(total) if total else None)

    async def _answers(self, server: LaunchedServer) -> bool:
        if await self._fault(f"{server.origin}/v1", server.spec.api_key):
            self._silent_from.setdefault(server.name, time.monotonic())
            return False
        self._silent_from.pop(server.name, None)
        return True

    async def _fault(self, base_url: str, key: SecretStr | None) -> str:
        """Why it does not list its models; "" where it does."""
        secret = key.get_secret_value() if key else None
        try:
            await self._client.get_text(f"{base_url}/models", key=secret, timeout_s=LOOK_S)
        except PlaygroundError as error:
            return error.message
        return ""

    async def _measure(self, origin: str, key: SecretStr | None, history: MetricsHistory) -> None:
        secret = key.get_secret_value() if key else None
        with contextlib.suppress(PlaygroundError):
            text = await self._client.get_text(f"{origin}/metrics", key=secret, timeout_s=LOOK_S)
            history.add(parse_metrics(text, time.monotonic()))

    async def _look_at(self, one: Attached) -> None:
        if one.found.has_metrics:
            await self._measure(origin_of(one.found.base_url), one.key, one.history)
        one.fault = await self._fault(one.found.base_url, one.key)


def _backend(server: LaunchedServer) -> Backend:
    key = server.spec.api_key
    url = server.state.base_url or ""
    gone = server.state.has_ended
    title = f"{server.name} (ended)" if gone else server.name
    return Backend(
        PREFIX + server.name,
        title,
        Target(url, KEY_NAME if key else None),
        key,
        needs_key=key is not None,
        default_model=server.spec.served_name or ("" if server.spec.is_local else server.spec.model),
    )


def _first(models: tuple[object, ...]) -> str:
    return str(getattr(models[0], "id", "")) if models else ""
