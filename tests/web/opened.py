"""Our routes on a real server in a thread, and the whole app in a process of its own; both on loopback."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from playground.app.context import Context
from playground.auth.passwords import PasswordHash
from playground.client import Client
from playground.settings import Settings

ROOT = Path(__file__).parents[2]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - as a setting; nothing is bound to it
ADA, BEN = "the-password-of-ada", "the-password-of-ben"
# Hashes that take no time; `test_access.py` has real ones.
USERS = SecretStr(",".join(f"{word[-3:]}:{PasswordHash.of(word, cost=2, parallel=1)}" for word in (ADA, BEN)))


def context_of(allow_address: Callable[[str], bool] | None = None, **settings: Any) -> Context:
    """A context with no embedded model."""
    made = Settings.model_construct(**{"embedded": False} | settings)
    context = Context(made, Client())
    if allow_address:
        context.public_client = Client(allow_address=allow_address)
    return context


@contextmanager
def served(app: ASGIApp, **config: Any) -> Iterator[str]:
    """The app on a free port of 127.0.0.1; its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", **config))
    thread = threading.Thread(target=server.run, name="app", daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass(frozen=True)
class App:
    """`url` is where it is; `opening` the address that it printed, with the token where it has one; `pid` its own."""

    url: str
    log: Path
    opening: str = ""
    pid: int = 0

    def browser(self) -> httpx.Client:
        """A client that sends what a browser would."""
        return httpx.Client(base_url=self.url, headers={"accept": "text/html"}, timeout=30)

    def administrator(self) -> httpx.Client:
        """The same, of whoever sees the terminal."""
        browser = self.browser()
        assert browser.get(self.opening).status_code == 303
        return browser


@contextmanager
def started(
    command: Sequence[str | Path], env: Mapping[str, str], folder: Path = ROOT, *, ends_s: float = 30
) -> Iterator[tuple[str, int]]:
    """A program that prints where its page is: the address with its token, and the process's id."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=folder) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, f"the app said {line!r}"
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(ends_s)


@contextmanager
def app_process(log: Path, **variables: str) -> Iterator[App]:
    """The whole app as its users start it; all it prints goes to `log`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
    env.pop("PYTHONUNBUFFERED", None)  # not everybody's has it
    env |= {"PLAYGROUND_EMBEDDED": "false", "PLAYGROUND_PORT": "0", **variables}
    command = [sys.executable, str(ROOT / "app.py")]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env=env, cwd=ROOT) as process:
        try:
            waited = threading.Event()
            while not (match := re.search(r"Playground: (http://\S+)\n", log.read_text())):
                assert process.poll() is None, log.read_text()
                waited.wait(0.05)
            yield App(base_url(match[1]), log, match[1], process.pid)
        finally:
            process.terminate()
            process.wait(30)


def base_url(printed: str) -> str:
    """The address that the app printed, without its token."""
    return printed.partition("/?token=")[0]


def administrator_of(context: Context) -> str:
    """The cookie of an administrator of an app without a login."""
    token = context.access.token
    assert token
    cookie = context.access.begin(token.get_secret_value())
    assert cookie
    return cookie


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    """What the form sends."""
    return client.post("/login", data={"name": name, "password": password})
