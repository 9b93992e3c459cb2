"""A server with all that is learnt of it: one object, so that a restart, or its removal, leaves nothing behind."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from playground.app.servers.sizing import Sizing, figures_of
from playground.app.servers.supervising import ANSWER_S
from playground.backends import Backend
from playground.backends.attach import Recognised
from playground.backends.metrics import MetricsHistory, parse_metrics
from playground.base_url import endpoint, origin_of
from playground.client import Client
from playground.engines.launch.download import Download, bytes_here
from playground.engines.launch.server import LaunchedServer
from playground.errors import PlaygroundError
from playground.wire.prepared import Auth, Target

PREFIX = "server:"  # before a server's name, where backends are named
# How a key that a server asks for is named in snippets, and the login of a URL that was attached to.
KEY_NAME, LOGIN_NAME = "SERVER_API_KEY", "SERVER_API_LOGIN"


class Launched:
    """A server of this app. One that is started anew is another server, and gets another of these.

    Attributes:
        server: the server, with its state.
        history: its metrics.
        estimate: what was worked out of its memory before, to stand beside its own figures; {} until it is.
        download: how much of its model has come; None where nothing was seen to come.
    """

    def __init__(self, server: LaunchedServer, clock: Callable[[], float] = time.monotonic) -> None:
        self.server = server
        self.history = MetricsHistory()
        self.estimate: Mapping[str, float] = {}
        self.download: Download | None = None
        self._clock = clock
        self._here: int | None = None  # bytes of the model when they were first counted
        self._silent_from: float | None = None

    @property
    def silent_s(self) -> float:
        """For how long it has not answered, though it was ready and its process runs; 0 while it answers."""
        return 0.0 if self._silent_from is None else self._clock() - self._silent_from

    async def look(self, client: Client) -> None:
        """Look once: how much has come while it loads, and once it is ready whether it answers, and its metrics."""
        state, key = self.server.state, self.server.spec.api_key
        if not (self.server.spec.is_local or state.is_ready or state.has_ended):
            await asyncio.to_thread(self._see_download)
        if not state.is_ready:
            self._silent_from = None
        elif await _fault(client, f"{self.server.origin}/v1", key):
            self._silent_from = self._clock() if self._silent_from is None else self._silent_from
        else:
            self._silent_from = None
            await _measure(client, self.server.origin, key, self.history)

    async def work_out(self, sizing: Sizing) -> None:
        """Work its memory out; where that cannot be done, it is told where it was asked for."""
        with contextlib.suppress(PlaygroundError):
            self.estimate = figures_of(await sizing.fit(self.server.spec))

    def backend(self) -> Backend:
        """It as a place where requests can go."""
        server, state = self.server, self.server.state
        key = server.spec.api_key
        return Backend(
            PREFIX + server.name,
            f"{server.name} (ended)" if state.has_ended else server.name,
            Target(state.base_url or "", KEY_NAME if key else None),
            key,
            needs_key=key is not None,
            default_model=server.spec.served_name or ("" if server.spec.is_local else server.spec.model),
        )

    def _see_download(self) -> None:
        """A model that lies there already does not grow: then nothing is said of a download."""
        done = bytes_here(self.server.spec.model)
        if self._here is None:
            self._here = done
        total = self.estimate.get("whole_bytes")
        if done > self._here:
            self.download = Download(done, int(total) if total else None)


@dataclass(slots=True)
class Attached:
    """A server that runs elsewhere.

    Attributes:
        name: its address, as the switcher shows it.
        found: what it is.
        key: what it is sent; None for nothing.
        auth: what the key is.
        fault: why it cannot be looked at now; "" while it answers.
        history: its metrics.
    """

    name: str
    found: Recognised
    key: SecretStr | None = None
    auth: Auth = Auth.BEARER
    fault: str = ""
    history: MetricsHistory = field(default_factory=MetricsHistory)

    async def look(self, client: Client) -> None:
        """Look once: its metrics, and whether it answers."""
        if self.found.has_metrics:
            await _measure(client, origin_of(self.found.base_url), self.key, self.history, self.auth)
        self.fault = await _fault(client, self.found.base_url, self.key, self.auth)

    def backend(self) -> Backend:
        """It as a place where requests can go."""
        model = self.found.models[0].id if self.found.models else ""
        key_name = LOGIN_NAME if self.auth is Auth.BASIC else KEY_NAME
        target = Target(self.found.base_url, key_name if self.key else None, self.auth)
        return Backend(PREFIX + self.name, self.name, target, self.key, default_model=model)


async def _fault(client: Client, base_url: str, key: SecretStr | None, auth: Auth = Auth.BEARER) -> str:
    """Why it does not list its models; "" where it does."""
    secret = key.get_secret_value() if key else None
    try:
        await client.get_text(endpoint(base_url, "models"), key=secret, auth=auth, timeout_s=ANSWER_S)
    except PlaygroundError as error:
        return error.message
    return ""


async def _measure(
    client: Client, origin: str, key: SecretStr | None, history: MetricsHistory, auth: Auth = Auth.BEARER
) -> None:
    secret = key.get_secret_value() if key else None
    with contextlib.suppress(PlaygroundError):
        text = await client.get_text(endpoint(origin, "metrics"), key=secret, auth=auth, timeout_s=ANSWER_S)
        history.add(parse_metrics(text, time.monotonic()))
