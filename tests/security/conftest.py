"""The app as it is opened in each of three ways, a process of its own each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port
from tests.security.nginx import nginx_before
from tests.web.opened import ADA, BEN, USERS, App, app_process, log_in

WAYS = ("local", "login", "proxied")
SECRET = "made-up-content-of-a-file-nobody-may-read"
KEY = "sk-of-the-operator-0123456789"


@dataclass(frozen=True)
class Way:
    """An app that runs.

    Attributes:
        name: local (plain 127.0.0.1), login (users and administrators), proxied (no login, nginx in front).
        app: the process; its `url` is what visitors ask, the proxy's where there is one.
        inside: a file outside of everything that the app serves, with `secret` in it.
    """

    name: str
    app: App
    inside: Path
    secret: str = field(default=SECRET, repr=False)
    clients: ExitStack = field(default_factory=ExitStack, repr=False)

    def visitor(self) -> httpx.Client:
        """A plain visitor with the page open: logged in, where there is a login, as no administrator."""
        client = self._client()
        if self.name == "login":
            log_in(client, "ben", BEN)
        assert client.get("/").status_code == 200
        return client

    def administrator(self) -> httpx.Client:
        """Ada, where there is a login."""
        client = self._client()
        log_in(client, "ada", ADA)
        return client

    def _client(self) -> httpx.Client:
        client = httpx.Client(base_url=self.app.url, timeout=60, headers={"accept": "text/html"})
        return self.clients.enter_context(client)


@contextmanager
def closing(way: Way) -> Iterator[Way]:
    """The way, whose clients are closed in the end."""
    with way.clients:
        yield way


@pytest.fixture(scope="session", params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """The app, opened in each of the three ways."""
    folder = tmp_path_factory.mktemp(request.param)
    inside = folder / "inside.txt"
    inside.write_text(SECRET)
    cache = {"PLAYGROUND_CACHE_DIR": str(folder / "cache"), "THEROUTER_API_KEY": KEY}
    if request.param == "local":
        with app_process(folder / "log", **cache) as app, closing(Way("local", app, inside)) as way:
            yield way
    elif request.param == "login":
        users = {"PLAYGROUND_USERS": USERS.get_secret_value(), "PLAYGROUND_ADMINS": "ada"}
        with app_process(folder / "log", **cache, **users) as app, closing(Way("login", app, inside)) as way:
            yield way
    else:
        port = free_port()
        opened = {"PLAYGROUND_OPEN_WITHOUT_LOGIN": "true", "PLAYGROUND_HOSTS": f"127.0.0.1:{port}"}
        with (
            app_process(folder / "log", **cache, **opened) as app,
            nginx_before(app.url, folder / "nginx", port=port) as url,
            closing(Way("proxied", App(url, app.log), inside)) as way,
        ):
            yield way
