"""Who is an administrator: whoever logs in as one, or has the token that the app printed; nobody else, in any way."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from playground.auth.visitors import COOKIE
from playground.tools.importers.sources import MCP
from tests.security.conftest import Way
from tests.security.nginx import nginx_before
from tests.security.test_files import call, config_of, functions
from tests.upstream import ThreadedUpstream, scripts
from tests.web.opened import App, app_process

SERVERS = "/gradio_api/servers"
TOOLS = '[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]'
# What each of the three ways answers to who may not run programs.
WORDS = {"local": "?token=", "login": "Only administrators", "proxied": "Nobody can"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A plain 127.0.0.1, as talkative as it gets."""
    folder = tmp_path_factory.mktemp("app")
    with app_process(folder / "log", PLAYGROUND_CACHE_DIR=str(folder), PLAYGROUND_LOG_LEVEL="debug") as app:
        yield app


def starts_a_program(client: httpx.Client, upstream: ThreadedUpstream, marker: Path) -> bool:
    """Whether an MCP command of this visitor's ran, as an answer's tool call and as an import of tools."""
    upstream.default(scripts.stream(["Hello"]))
    form = {
        "conversation": "c" * 20,
        "backend": "custom",
        "custom_url": upstream.base_url,
        "model": "m",
        "message": "hello",
        "tab": "tools",
        "tools": TOOLS,
        "mcp": f"touch {marker}",
    }
    client.post("/gradio_api/exchange", json=form)
    imports = ["", MCP, "", "", f"touch {marker}"]
    answers = [
        call(client, function, imports)
        for function in functions(config_of(client))
        if len(function["inputs"]) == len(imports)
    ]
    assert any("MCP server" in answer.text for answer in answers)  # it was asked, and said what became of it
    return marker.exists()


def test_a_visitor_runs_no_program(way: Way, threaded_upstream: ThreadedUpstream, tmp_path: Path) -> None:
    with closing(way.visitor()) as client:
        assert not starts_a_program(client, threaded_upstream, tmp_path / "ran")
        for method, path in (("GET", ""), ("GET", "/a/log"), ("GET", "/a/log.txt"), ("POST", "/a/stop")):
            answer = client.request(method, SERVERS + path)
            assert answer.status_code == 403
            assert WORDS[way.name] in answer.text


def test_no_function_of_the_servers_tab_does_anything_for_a_visitor(way: Way) -> None:
    refused = 0
    with closing(way.visitor()) as client:
        for function in functions(config_of(client)):
            answer = call(client, function, [None] * len(function["inputs"]))
            refused += WORDS[way.name] in answer.text
            assert "memory free" not in answer.text  # of this machine
    assert refused >= 7  # open, preview, fit, launch, attach, write_form, run_form, check_upstream


def test_nginx_with_a_plain_proxy_pass_makes_nobody_an_administrator(
    way: Way, threaded_upstream: ThreadedUpstream, tmp_path: Path
) -> None:
    """It says `Host: 127.0.0.1:7860` whoever asks."""
    behind = way.app.url if way.name != "proxied" else _app_behind(way)
    with nginx_before(behind, tmp_path / "nginx", headers=()) as url, httpx.Client(base_url=url, timeout=60) as client:
        client.get("/", headers={"accept": "text/html"})
        assert client.get(SERVERS).status_code == (401 if way.name == "login" else 403)
        if way.name != "login":
            assert not starts_a_program(client, threaded_upstream, tmp_path / "ran")


def _app_behind(way: Way) -> str:
    printed = re.search(r"Playground: (http://\S+)", way.app.log.read_text())
    assert printed
    return printed[1]


@pytest.mark.parametrize("headers", [{"x-forwarded-for": "203.0.113.5"}, {"forwarded": "for=203.0.113.5"}])
def test_what_a_proxy_hands_on_is_not_this_machines(local: App, headers: dict[str, str]) -> None:
    answer = httpx.get(local.url, headers=headers | {"accept": "text/html"})
    assert answer.status_code == 403
    assert "PLAYGROUND_OPEN_WITHOUT_LOGIN" in answer.text
    assert "set-cookie" not in answer.headers


def test_nor_what_nginx_hands_on_as_it_does_by_itself(local: App) -> None:
    parts = urlsplit(local.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as raw:
        raw.sendall(f"GET / HTTP/1.0\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(64).split()[1] == b"403"


def test_whoever_opens_the_printed_address_is_one(
    local: App, threaded_upstream: ThreadedUpstream, tmp_path: Path
) -> None:
    with local.browser() as stranger:
        stranger.get("/")
        before = stranger.cookies[COOKIE]
        home = stranger.get(local.opening)
        assert (home.status_code, home.headers["location"]) == (303, "/")
        assert home.headers["cache-control"] == "no-store"
        assert home.headers["referrer-policy"] == "no-referrer"
        assert "HttpOnly" in home.headers["set-cookie"]
        token = home.cookies[COOKIE]
        assert token != before
        assert stranger.get("/").status_code == 200
        assert "set-cookie" not in stranger.get("/").headers
        assert stranger.get(SERVERS).status_code == 200
        assert starts_a_program(stranger, threaded_upstream, tmp_path / "ran")
    with httpx.Client(base_url=local.url, cookies={COOKIE: before}) as old:
        assert old.get(SERVERS).status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", "x" * 32, "%00", "%ff%fe", "é"])
def test_a_wrong_token_is_told_so_and_opens_nothing(local: App, token: str) -> None:
    with local.browser() as stranger:
        answer = stranger.get(f"/?token={token}")
        assert answer.status_code == 403
        assert "Copy the whole address from the terminal" in answer.text
        assert "set-cookie" not in answer.headers
        assert stranger.get(SERVERS).status_code == 403


def test_the_token_stands_in_the_terminal_once_and_nowhere_else(local: App) -> None:
    token = local.opening.rpartition("=")[2]
    with closing(local.administrator()) as administrator:
        answers = [administrator.get(path) for path in ("/", SERVERS, "/theme.css", "/?token=wrong")]
        assert not [one for one in answers if token in one.text + str(one.headers)]
        assert administrator.post(f"/?token={token}").status_code in {404, 405}
    log = local.log.read_text()
    assert "GET /" in log  # the requests are logged
    assert log.count(token) == 1


def test_a_token_that_a_person_chose_can_not_be_guessed_at_without_end(tmp_path: Path) -> None:
    chosen = {"PLAYGROUND_TOKEN": "chosen-by-a-person", "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    with app_process(tmp_path / "log", **chosen) as app, app.browser() as guesser:
        assert app.opening.endswith("?token=chosen-by-a-person")
        assert [guesser.get(f"/?token=guess-{n}").status_code for n in range(10)] == [403] * 10
        late = guesser.get(app.opening)
        assert late.status_code == 429
        assert "Try again in" in late.text


def test_where_others_reach_it_no_token_counts(way: Way) -> None:
    if way.name == "local":
        return
    with closing(way.visitor()) as client:
        assert "?token=" not in way.app.log.read_text()
        for token in ("", "None", "wrong"):
            client.get(f"/?token={token}")
            assert client.get(SERVERS).status_code == 403
