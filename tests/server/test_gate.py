"""Who may ask: another site's page may not, nor a name that was rebound to this machine."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from playground.server.gate import Gate, new_cookie
from playground.server.visitors import COOKIE

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
HOME = "http://127.0.0.1:7860"


async def inside(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} came in", headers={"x-inside": "yes"})


def asking(base_url: str, *, loopback_only: bool = True) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{rest:path}", inside, methods=METHODS)])
    transport = httpx.ASGITransport(Gate(app, loopback_only=loopback_only))
    return httpx.AsyncClient(transport=transport, base_url=base_url)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with asking(HOME) as client:
        yield client


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:7861", "http://localhost:7860", "null", "https://127.0.0.1"]
)
async def test_another_sites_page_may_change_nothing(http: httpx.AsyncClient, method: str, origin: str) -> None:
    answer = await http.request(method, "/gradio_api/key", headers={"origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]
    assert "x-inside" not in answer.headers


@pytest.mark.parametrize("method", METHODS)
async def test_its_own_page_may(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, "/a", headers={"origin": HOME})).status_code == 200
    assert (await http.request(method, "/a")).status_code == 200  # a program: it has no origin


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_what_changes_nothing_may_be_asked_from_anywhere(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, "/a", headers={"origin": "http://evil.example"})).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7860", "localhost:1", "[::1]:7860", "LOCALHOST"])
async def test_this_machines_names(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/a", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.1", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_rebound_name_is_refused(http: httpx.AsyncClient, method: str, host: str) -> None:
    answer = await http.request(method, "/", headers={"host": host})
    assert answer.status_code == 403
    assert "own names only" in answer.json()["error"]
    assert "set-cookie" not in answer.headers


async def test_an_app_that_is_open_to_others_has_any_name() -> None:
    async with asking("https://playground.example", loopback_only=False) as http:
        assert (await http.post("/a", headers={"origin": "https://playground.example"})).status_code == 200
        assert (await http.post("/a", headers={"origin": "https://evil.example"})).status_code == 403


async def test_a_new_visitor_is_named_on_the_page_alone(http: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await http.get("/static/page.css")).headers
    answer = await http.get("/")
    morsel = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "strict", "/")
    assert not morsel["secure"]  # a browser would not send it over http
    assert not morsel["max-age"]
    assert not morsel["expires"]  # gone with the browser session
    assert "set-cookie" not in (await http.get("/")).headers  # the client sends its cookie now


async def test_over_https_the_cookie_is_for_https_alone() -> None:
    async with asking("https://localhost") as http:
        assert "; Secure" in (await http.get("/")).headers["set-cookie"]


def test_visitors_cannot_be_guessed() -> None:
    names = {SimpleCookie(new_cookie(secure=False))[COOKIE].value for _ in range(100)}
    assert len(names) == 100
    assert min(map(len, names)) >= 43  # 32 random bytes


async def test_what_is_no_http_passes() -> None:
    seen = []

    async def app(scope: object, receive: object, send: object) -> None:
        del receive, send
        seen.append(scope)

    async def nothing() -> dict[str, str]:
        return {}

    async def nowhere(_: object) -> None:
        return None

    await Gate(app, loopback_only=True)({"type": "lifespan"}, nothing, nowhere)
    assert seen == [{"type": "lifespan"}]


async def test_another_apps_cookie_does_not_hide_ours(http: httpx.AsyncClient) -> None:
    first = await http.get("/", headers={"cookie": f'{COOKIE}=mine; theirs={{"a": 1}}'})
    assert "set-cookie" not in first.headers


async def test_a_host_that_is_none_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/", headers={"host": "["})).status_code == 403
