"""The login stands in front of everything, and a session begins and ends as it should."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request

from playground.app.context import Context
from playground.auth.failures import Failures
from playground.auth.passwords import User, Users
from playground.auth.sessions import Sessions
from playground.auth.visitors import COOKIE
from playground.web.app import create_api
from playground.web.guard.scope import role
from tests.web.opened import (
    ADA,
    BEN,
    EVERYWHERE,
    ROOT,
    USERS,
    App,
    administrator_of,
    app_process,
    context_of,
    log_in,
    served,
)

FORM = {"backend": "custom", "message": "hello"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    log = tmp_path_factory.mktemp("app") / "log"
    with app_process(log, PLAYGROUND_USERS=USERS.get_secret_value(), PLAYGROUND_ADMINS="ada") as running:
        yield running


@pytest.fixture
def context() -> Context:
    return context_of(host=EVERYWHERE, users=USERS, admins="ada")


@pytest.fixture
def url(context: Context) -> Iterator[str]:
    with served(_with_whoami(create_api(context))) as address:
        yield address


def _with_whoami(api: FastAPI) -> FastAPI:
    @api.get("/whoami")
    async def whoami(request: Request) -> str:
        return role(request.scope)

    return api


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_without_a_login_there_is_nothing_but_the_login(app: App, method: str) -> None:
    with app.browser() as browser:
        browser.headers["accept"] = "*/*"
        for path in _paths(app):
            assert browser.request(method, path).status_code == 401, path


def _paths(app: App) -> list[str]:
    """Our routes, Gradio's, the page's files, and spellings that could slip past."""
    with app.browser() as browser:
        assert log_in(browser, "ada", ADA).status_code == 303
        page = browser.get("/").text
    assets = re.findall(r'(?:src|href)="\.(/assets/[^"]+)"', page)
    assert len(assets) >= 2
    gradio = ["config", "theme.css", "favicon.ico", "manifest.json", "svelte/x", "static/img/logo.svg"]
    api = ["info", "queue/join", "queue/data", "run/predict", "upload", "file=README.md", "heartbeat/x", "deep_link"]
    return [
        *("/", "/logout", "/gradio_api/exchange", "/gradio_api/key", *assets),
        *(f"/{name}" for name in gradio),
        *(f"/gradio_api/{name}" for name in api),
        *("//login", "/login/", "/login/x", "/LOGIN", "/login;x", "/login%2f..%2fconfig", "/nothing"),
    ]


def test_with_a_login_the_page_and_its_files_are_there(app: App) -> None:
    with app.browser() as browser:
        assert browser.get("/").headers["location"] == "/login"
        home = log_in(browser, "ben", BEN)
        assert (home.status_code, home.headers["location"]) == (303, "/")
        assert "gradio_config" in browser.get("/").text
        assert browser.get("/gradio_api/app_id").status_code == 200
        assert browser.get("/theme.css").status_code == 200
        assert browser.get("/login").headers["location"] == "/"


def test_who_logs_in_has_a_role(url: str) -> None:
    for name, password, is_what in (("ada", ADA, "admin"), ("ben", BEN, "user")):
        with httpx.Client(base_url=url) as client:
            log_in(client, name, password)
            assert client.get("/whoami").json() == is_what


def test_on_ones_own_machine_whoever_has_the_token_is_an_administrator_and_there_is_no_login() -> None:
    context = context_of()
    with served(_with_whoami(create_api(context))) as address, httpx.Client(base_url=address) as client:
        assert client.get("/whoami").json() == "user"
        client.cookies.set(COOKIE, administrator_of(context))
        assert client.get("/whoami").json() == "admin"
        assert client.get("/login").status_code == 404


def test_opened_without_a_login_nobody_is_an_administrator() -> None:
    context = context_of(host=EVERYWHERE, open_without_login=True)
    with served(_with_whoami(create_api(context))) as address, httpx.Client(base_url=address) as client:
        assert client.get("/whoami").json() == "user"


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", BEN), ("ada", ""), ("", ""), ("eve", ADA), ("ADA", ADA), ("ada", ADA + " "), ("ada\0", ADA)],
)
def test_what_does_not_belong_together_is_told_so(url: str, name: str, password: str) -> None:
    with httpx.Client(base_url=url) as client:
        answer = log_in(client, name, password)
        assert answer.status_code == 401
        assert "Wrong name or password" in answer.text
        assert "set-cookie" not in answer.headers
        assert client.get("/whoami").status_code == 401


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"name", b"{}", b"name=ada&password", b"&" * 4000, b"a=1&" * 500])
def test_a_form_that_is_none_logs_nobody_in(url: str, body: bytes) -> None:
    answer = httpx.post(f"{url}/login", content=body)
    assert answer.status_code in {400, 401}
    assert "set-cookie" not in answer.headers


def test_a_name_is_text_not_markup(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        assert "<b>" not in log_in(client, '"><b>{0}', "whatever").text


def test_the_cookie_is_out_of_reach(url: str) -> None:
    plain = httpx.post(f"{url}/login", data={"name": "ada", "password": ADA})
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=strict", plain.headers["set-cookie"])
    assert plain.headers["cache-control"] == "no-store"
    safe = httpx.post(f"{url}/login", data={"name": "ada", "password": ADA}, headers={"x-forwarded-proto": "https"})
    assert safe.headers["set-cookie"].endswith("; SameSite=strict; Secure")


def test_in_a_frame_the_cookie_stays_with_that_site() -> None:
    context = context_of(host=EVERYWHERE, users=USERS, frame_ancestors="https://huggingface.co")
    with served(create_api(context)) as address:
        form = {"name": "ada", "password": ADA}
        answer = httpx.post(f"{address}/login", data=form, headers={"x-forwarded-proto": "https"})
        assert "SameSite=None; Partitioned; Secure" in answer.headers["set-cookie"]
        assert "frame-ancestors https://huggingface.co" in answer.headers["content-security-policy"]
        assert "x-frame-options" not in answer.headers


def test_each_login_has_a_token_of_its_own_and_ends_the_one_before(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        client.cookies.set(COOKIE, "chosen-by-someone-else")
        log_in(client, "ada", ADA)
        first = _token(client)
        log_in(client, "ben", BEN)
        assert len({"chosen-by-someone-else", first, _token(client)}) == 3
        assert httpx.get(f"{url}/whoami", cookies={COOKIE: first}).status_code == 401


def _token(client: httpx.Client) -> str:
    return [cookie.value or "" for cookie in client.cookies.jar if cookie.name == COOKIE and cookie.domain][-1]


def test_logging_out_ends_the_session_and_forgets_the_keys(url: str, context: Context) -> None:
    with httpx.Client(base_url=url) as client:
        log_in(client, "ada", ADA)
        token = _token(client)
        assert client.post("/gradio_api/key", json={"backend": "custom", "key": "sk-typed-by-ada"}).json() == {
            "set": True
        }
        assert context.visitors.key(token, "custom") == "sk-typed-by-ada"
        assert "ada" in client.get("/logout").text
        assert client.get("/whoami").status_code == 200  # a link does not log anybody out
        answer = client.post("/logout")
        assert answer.headers["location"] == "/login"
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert context.visitors.key(token, "custom") is None
        assert httpx.get(f"{url}/whoami", cookies={COOKIE: token}).status_code == 401


def test_a_login_from_another_sites_page_is_refused(url: str) -> None:
    for origin in ("https://evil.example", "null"):
        answer = httpx.post(f"{url}/login", data={"name": "ada", "password": ADA}, headers={"origin": origin})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_too_many_failures_make_that_address_wait_and_no_other(url: str) -> None:
    with httpx.Client(base_url=url, headers={"x-forwarded-for": "203.0.113.5"}) as guesser:
        for _ in range(10):
            assert log_in(guesser, "ada", "wrong-password").status_code == 401
        answer = log_in(guesser, "ada", ADA)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 601
        assert "Try again in 10 min" in answer.text
    with httpx.Client(base_url=url, headers={"x-forwarded-for": "203.0.113.6"}) as other:
        assert log_in(other, "ada", ADA).status_code == 303


def test_below_a_path_of_a_proxy(context: Context) -> None:
    with served(create_api(context), root_path="/play") as address, httpx.Client(base_url=address) as client:
        assert client.get("/", headers={"accept": "text/html"}).headers["location"] == "/play/login"
        assert 'action="/play/login"' in client.get("/login").text
        assert log_in(client, "ada", ADA).headers["location"] == "/play/"


def test_the_login_page_looks_like_the_page() -> None:
    tokens = r"(--[\w-]+: light-dark\([^)]+\))"
    mine = re.findall(tokens, (ROOT / "playground/web/guard/login.html").read_text())
    sheets = "".join(path.read_text() for path in Path(ROOT / "playground/ui/static").rglob("*.css"))
    assert len(mine) >= 8
    assert set(mine) <= set(re.findall(tokens, sheets))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ada() -> User:
    user = Users.parse(f"ada:{ADA}").check("ada", ADA)
    assert user
    return user


def test_a_session_ends(ada: User) -> None:
    clock = Clock()
    sessions = Sessions(clock, session_s=100)
    token = sessions.begin(ada)
    clock.now += 99.9
    assert sessions.get(token)
    clock.now += 0.1
    assert sessions.get(token) is None
    clock.now -= 50
    assert sessions.get(token) is None  # it is gone, not only out of sight


def test_failures_count_by_address_and_are_forgotten_in_time() -> None:
    clock = Clock()
    failures = Failures(clock, limit=3, window_s=60)
    for _ in range(3):
        assert failures.wait_s("203.0.113.5") == 0
        failures.add("203.0.113.5")
        clock.now += 10
    assert failures.wait_s("203.0.113.5") == 30
    assert failures.wait_s("::ffff:203.0.113.5") == 30
    assert failures.wait_s("203.0.113.6") == 0
    clock.now += 30
    assert failures.wait_s("203.0.113.5") == 0


def test_a_login_that_succeeds_does_not_wipe_out_those_that_failed() -> None:
    failures = Failures(limit=2)
    for succeeds in (False, True, False):
        assert failures.wait_s("203.0.113.5") == 0
        failures.add("203.0.113.5")
        if succeeds:
            failures.forgive("203.0.113.5")
    assert failures.wait_s("203.0.113.5") > 0


def test_the_addresses_of_one_ipv6_household_are_one() -> None:
    failures = Failures(limit=1)
    failures.add("2001:db8:1:2:aaaa::1")
    assert failures.wait_s("2001:db8:1:2:bbbb::2") > 0
    assert failures.wait_s("2001:db8:1:3::1") > 0
    assert failures.wait_s("2001:db8:2::1") == 0
