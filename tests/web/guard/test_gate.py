"""Who may ask: another site's page may not, nor a name that was rebound to this machine."""

import json
import socket
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from playground.auth.visitors import COOKIE, VisitorIds
from playground.errors import InvalidSetting
from playground.web.guard.gate import Gate
from tests.web.opened import EVERYWHERE, context_of

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
HOME = "http://127.0.0.1:7860"


async def inside(request: Request) -> PlainTextResponse:
    heard = {name: value for name, value in request.headers.items() if name.startswith("x-") or name == "host"}
    more = {"x-inside": "yes", "x-heard": json.dumps(heard), "x-scheme": request.url.scheme}
    return PlainTextResponse(f"{request.method} came in", headers=more)


def asking(base_url: str, **settings: Any) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{rest:path}", inside, methods=METHODS)])
    transport = httpx.ASGITransport(Gate(app, access=context_of(**settings).access))
    return httpx.AsyncClient(transport=transport, base_url=base_url)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with asking(HOME) as client:
        yield client


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:7861", "http://localhost:7860", "null", "https://127.0.0.1", ""]
)
async def test_another_origins_page_may_ask_nothing(http: httpx.AsyncClient, method: str, origin: str) -> None:
    answer = await http.request(method, "/gradio_api/key", headers={"origin": origin})
    assert answer.status_code == 403
    assert "x-inside" not in answer.headers
    if method != "HEAD":
        assert "another site" in answer.json()["error"]


@pytest.mark.parametrize("method", METHODS)
async def test_its_own_page_may(http: httpx.AsyncClient, method: str) -> None:
    assert (await http.request(method, "/a", headers={"origin": HOME})).status_code == 200
    assert (await http.request(method, "/a")).status_code == 200  # a program: it has no origin


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/", "/config", "/logout"])
async def test_what_another_sites_page_embeds_or_fetches_is_refused(
    http: httpx.AsyncClient, site: str, path: str
) -> None:
    for mode, dest in (("no-cors", "script"), ("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe")):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        assert (await http.get(path, headers=headers)).status_code == 403


LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


async def test_a_link_on_another_site_leads_to_the_page_by_a_page_of_our_own(http: httpx.AsyncClient) -> None:
    """So that the browser sends its cookie: else the visitor would be given a new one, and lose what is theirs."""
    first = await http.get("/?a=%22%3E<b>", headers=LINK)
    assert first.status_code == 200
    assert "set-cookie" not in first.headers
    assert "x-inside" not in first.headers
    assert 'content="0; url=/?a=%22%3E' in first.text
    assert "<b>" not in first.text
    second = await http.get("/", headers=LINK | {"sec-fetch-site": "same-origin"})
    assert "set-cookie" in second.headers
    third = await http.get("/", headers=LINK)  # a browser that sends the cookie all the same, as in a frame
    assert third.headers["x-inside"] == "yes"
    assert (await http.get("/other", headers=LINK)).status_code == 403
    assert (await http.post("/", headers=LINK)).status_code == 403


async def test_the_frame_of_a_site_that_may(http: httpx.AsyncClient) -> None:
    frame = LINK | {"sec-fetch-dest": "iframe"}
    assert (await http.get("/", headers=frame)).status_code == 403
    async with asking(HOME, open_without_login=True, frame_ancestors="https://huggingface.co") as framed:
        assert (await framed.get("/", headers=frame)).status_code == 200
        assert (await framed.get("/gradio_api/info", headers=frame)).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7860", "localhost:1", "[::1]:7860", "LOCALHOST"])
async def test_this_machines_names(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/a", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.1", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_rebound_name_is_refused(http: httpx.AsyncClient, method: str, host: str) -> None:
    answer = await http.request(method, "/", headers={"host": host})
    assert answer.status_code == 403
    assert "only to this machine's own names" in answer.json()["error"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "header", ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-anything"]
)
async def test_what_comes_through_a_proxy_does_not_come_from_this_machine(http: httpx.AsyncClient, header: str) -> None:
    answer = await http.get("/", headers={header: "127.0.0.1"})
    assert answer.status_code == 403
    assert "PLAYGROUND_USERS" in answer.json()["error"]
    async with asking(HOME, open_without_login=True) as opened:
        assert (await opened.get("/", headers={header: "127.0.0.1"})).status_code == 200


OPEN: dict[str, Any] = {"host": EVERYWHERE, "open_without_login": True}


async def test_an_app_that_is_open_to_others_has_the_names_that_the_operator_gave() -> None:
    async with asking("https://playground.example", **OPEN, hosts="playground.example") as http:
        assert (await http.post("/a", headers={"origin": "https://playground.example"})).status_code == 200
        assert (await http.post("/a", headers={"origin": "https://evil.example"})).status_code == 403
        assert (await http.post("/a", headers={"origin": "https://playground.example:8443"})).status_code == 403
        for header in ("host", "x-forwarded-host"):
            answer = await http.get("/a", headers={header: "evil.example"})
            assert answer.status_code == 403
            assert "PLAYGROUND_HOSTS" in answer.json()["error"]


async def test_opened_it_has_the_machines_own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_HOST", "ada-play.hf.space")
    async with asking(HOME, **OPEN) as http:
        for host in ("localhost:1", socket.gethostname(), f"{socket.gethostname().partition('.')[0]}.local:7860"):
            assert (await http.get("/a", headers={"host": host})).status_code == 200
        space = await http.get("/a", headers={"host": "ada-play.hf.space", "origin": "https://ada-play.hf.space"})
        assert (space.status_code, space.headers["x-scheme"]) == (200, "https")
        for host in ("", "a b", "evil.example", "198.51.100.7", EVERYWHERE, "localhost.evil.example", "localhost:x"):
            assert (await http.get("/a", headers={"host": host})).status_code == 403


async def test_a_person_is_told_on_a_page_what_to_set() -> None:
    async with asking("http://gpu-box.example", **OPEN) as http:
        answer = await http.get("/", headers={"accept": "text/html"})
        assert answer.status_code == 403
        assert "PLAYGROUND_HOSTS" in answer.text
        assert "<h1>" in answer.text


async def test_what_proxies_say_goes_no_further() -> None:
    """Gradio writes the host of `X-Forwarded-Host`, else of `Host`, into the page, and the scheme of another."""
    said = {"x-forwarded-proto": "https", "x-forwarded-for": "1.2.3.4", "x-original-url": "/a", "x-gradio-server": "e"}
    async with asking("http://127.0.0.1:7860", **OPEN, hosts="play.example:8443, https://other.example") as http:
        plain = await http.get("/a", headers=said)  # as nginx's plain proxy_pass names it
        assert json.loads(plain.headers["x-heard"]) == {"host": "play.example:8443"}
        assert plain.headers["x-scheme"] == "http"
        named = await http.get("/a", headers=said | {"x-forwarded-host": "other.example"})
        assert json.loads(named.headers["x-heard"]) == {"host": "other.example"}
        assert named.headers["x-scheme"] == "https"
        for origin, status in (("https://other.example", 200), ("http://other.example", 403), (HOME, 200)):
            assert (await http.get("/a", headers={"origin": origin})).status_code == status


@pytest.mark.parametrize("hosts", ["a b", "https://", "ftp://a.example", "a/b", "a:x", "://a"])
def test_a_host_that_is_none_is_named(hosts: str) -> None:
    with pytest.raises(InvalidSetting, match="PLAYGROUND_HOSTS"):
        context_of(**OPEN, hosts=hosts)


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
    ids = VisitorIds()
    names = {ids.issue() for _ in range(100)}
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

    await Gate(app, access=context_of().access)({"type": "lifespan"}, nothing, nowhere)
    assert seen == [{"type": "lifespan"}]


async def test_another_apps_cookie_does_not_hide_ours(http: httpx.AsyncClient) -> None:
    mine = SimpleCookie((await http.get("/")).headers["set-cookie"])[COOKIE].value
    http.cookies.clear()
    first = await http.get("/", headers={"cookie": f'{COOKIE}={mine}; theirs={{"a": 1}}'})
    assert "set-cookie" not in first.headers


async def test_a_made_up_cookie_is_replaced(http: httpx.AsyncClient) -> None:
    assert "set-cookie" in (await http.get("/", headers={"cookie": f"{COOKIE}=made-up"})).headers


async def test_a_host_that_is_none_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get("/", headers={"host": "["})).status_code == 403
