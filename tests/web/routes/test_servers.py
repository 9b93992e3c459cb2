"""`/gradio_api/servers…`: what the page asks for every second, on a real server in front of a real llama.cpp."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from playground.app.context import Context
from playground.auth.visitors import COOKIE
from playground.client import Client, Timeouts
from playground.engines.embedded.models import MODEL_FILE, fetch_model
from playground.engines.spec import LaunchSpec
from playground.settings import Settings
from playground.ui.draw.servers import draw_servers
from playground.web.app import create_api
from playground.web.routes.servers import ACTIONS, server_routes
from tests.ports import free_port
from tests.upstream import Upstream
from tests.web.opened import ADA, BEN, EVERYWHERE, USERS, administrator_of, context_of, log_in, served
from tests.web.running import until

KEY = "sk-recognisable-of-the-server"
SERVERS = "/gradio_api/servers"


@pytest.fixture
async def context(tmp_path: Path) -> Context:
    return Context(Settings(embedded=False, cache_dir=tmp_path, drain_s=0), Client(Timeouts(2, 5, 5)))


@pytest.fixture
async def http(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's requests to the app, in this loop; its lifespan runs."""
    api = create_api(context)
    api.include_router(server_routes(context, draw_servers))
    server = uvicorn.Server(uvicorn.Config(api, port=0, log_config=None, ws="none", timeout_graceful_shutdown=5))
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or task.done())
        url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        cookies = {COOKIE: administrator_of(context)}
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10, cookies=cookies) as http:
            yield http
    finally:
        server.should_exit = True
        await task


async def look(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get(SERVERS)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_nothing_runs_yet(http: httpx.AsyncClient) -> None:
    found = await look(http)
    assert (found["servers"], found["backends"]) == ([], "")
    assert "No servers running" in found["empty"]
    assert "memory free" in found["machine"]


@pytest.mark.model
async def test_a_server_from_its_launch_to_its_removal(context: Context, http: httpx.AsyncClient) -> None:
    fetch_model(lambda _: None)
    port = free_port()
    spec = LaunchSpec.parse({"engine": "llama_cpp", "model": MODEL_FILE, "port": port, "name": "one.two"})
    await context.servers.launch(spec, None)
    (card,) = (await look(http))["servers"]
    assert card["name"] == "one.two"
    assert "starting" in card["html"]
    assert "server-stop" in card["actions"]
    await asyncio.wait_for(context.servers.server("one.two").wait_ready(), 60)
    found = await look(http)
    assert f"server:one.two=http://127.0.0.1:{port}/v1" in found["backends"]
    assert "ready" in found["servers"][0]["html"]

    log = f"{SERVERS}/one.two/log"
    first = (await http.get(log)).json()
    assert first["lines"]
    assert not first["dropped"]
    assert first["run"] == context.servers.server("one.two").record.id
    rest = (await http.get(log, params={"since": first["next"]})).json()
    while rest["lines"]:
        rest = (await http.get(log, params={"since": rest["next"]})).json()
    assert rest["lines"] == []
    whole = await http.get(f"{log}.txt")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.text.splitlines()[: len(first["lines"])] == first["lines"]

    assert "Stopping one.two" in (await http.post(f"{SERVERS}/one.two/stop")).json()["words"]
    await context.servers.server("one.two").wait_ended()
    assert "stopped" in (await look(http))["servers"][0]["html"]
    assert (await http.post(f"{SERVERS}/one.two/forget")).json() == {"words": ""}
    assert (await look(http))["servers"] == []
    assert (await http.get(log)).status_code == 404


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_action_on_a_server_that_is_not_there(http: httpx.AsyncClient, action: str) -> None:
    answer = await http.post(f"{SERVERS}/nonesuch/{action}")
    assert answer.status_code == 409
    assert "nonesuch" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/a/close", 404),
        ("POST", "/a/__init__", 404),
        ("POST", "/a/launch", 404),
        ("GET", "/a/stop", 405),
        ("POST", "", 405),
        ("GET", "/a/log", 404),
        ("GET", "/a/log.txt", 404),
        ("GET", f"/{quote('../../etc/passwd', safe='')}/log.txt", 404),
        ("GET", "/a/log?since=x", 422),
    ],
)
async def test_what_is_not_there(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    assert (await http.request(method, f"{SERVERS}{path}")).status_code == status


async def test_an_attached_servers_key_is_in_no_answer(
    context: Context, http: httpx.AsyncClient, upstream: Upstream
) -> None:
    await context.servers.attach(upstream.base_url, KEY)
    name = upstream.base_url.removeprefix("http://").removesuffix("/v1")
    answer = await http.get(SERVERS)
    assert name in answer.text
    answers = [answer, *[await http.post(f"{SERVERS}/{quote(name)}/{action}") for action in ACTIONS]]
    assert all(KEY not in one.text + str(one.headers) for one in answers)
    assert (answers[-1].status_code, (await look(http))["servers"]) == (200, [])


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
async def test_another_sites_page_stops_nothing(http: httpx.AsyncClient, origin: str) -> None:
    answer = await http.post(f"{SERVERS}/a/stop", headers={"origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]
    own = await http.post(f"{SERVERS}/a/stop", headers={"origin": str(http.base_url).rstrip("/")})
    assert own.status_code == 409


async def test_a_rebound_name_sees_nothing(http: httpx.AsyncClient) -> None:
    assert (await http.get(SERVERS, headers={"host": "evil.example"})).status_code == 403


def paths() -> list[tuple[str, str]]:
    reads = [("GET", SERVERS), ("GET", f"{SERVERS}/a/log"), ("GET", f"{SERVERS}/a/log.txt")]
    return [*reads, *(("POST", f"{SERVERS}/a/{action}") for action in (*ACTIONS, "nonesuch"))]


@contextlib.contextmanager
def opened(context: Context) -> Any:
    api = create_api(context)
    api.include_router(server_routes(context, draw_servers))
    with served(api) as url, httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
        yield http


def test_with_a_login_administrators_alone(tmp_path: Path) -> None:
    with opened(context_of(host=EVERYWHERE, users=USERS, admins="ada", cache_dir=tmp_path)) as http:
        assert [http.request(*path).status_code for path in paths()] == [401] * len(paths())
        assert log_in(http, "ben", BEN).status_code == 303
        refused = [http.request(*path) for path in paths()]
        assert [one.status_code for one in refused] == [403] * len(paths())
        assert "Only administrators" in refused[0].text
        http.cookies.clear()
        assert log_in(http, "ada", ADA).status_code == 303
        assert http.get(SERVERS).status_code == 200
        assert http.post(f"{SERVERS}/a/stop").status_code == 409


def test_opened_without_a_login_nobody(tmp_path: Path) -> None:
    context = context_of(host=EVERYWHERE, open_without_login=True, cache_dir=tmp_path)
    with opened(context) as http:
        for visitor in ("made-up", context.access.ids.issue()):
            http.cookies.set(COOKIE, visitor)
            assert [http.request(*path).status_code for path in paths()] == [403] * len(paths())


def test_on_this_machine_alone_who_has_the_token(tmp_path: Path) -> None:
    context = context_of(cache_dir=tmp_path)
    with opened(context) as http:
        for visitor in ("", "made-up", context.access.ids.issue()):
            http.cookies.set(COOKIE, visitor)
            refused = [http.request(*path) for path in paths()]
            assert [one.status_code for one in refused] == [403] * len(paths())
            assert "?token=" in refused[0].text
        http.cookies.set(COOKIE, administrator_of(context))
        assert http.get(SERVERS).status_code == 200
