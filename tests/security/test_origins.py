"""Only the app's own page asks, under the app's own names; and a proxy that is not trusted says nothing of who asks."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from playground.auth import passwords
from playground.auth.failures import Failures
from playground.auth.passwords import PasswordHash, Users
from tests.ports import free_port
from tests.security.conftest import Way
from tests.security.nginx import GOOD, nginx_before
from tests.web.opened import ADA, BEN, USERS, App, app_process, log_in

READ = ("/", "/config", "/gradio_api/info", "/gradio_api/app_id", "/theme.css", "/login", "/gradio_api/servers")
WRITTEN = ("/gradio_api/exchange", "/gradio_api/key", "/gradio_api/run/predict", "/login", "/gradio_api/images")
STATIC = ("/theme.css", "/favicon.ico")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "http://localhost:3000", "https://evil.example", "null"])
def test_another_origin_reads_and_writes_nothing(way: Way, origin: str) -> None:
    with closing(way.visitor()) as client:
        for method, path in [*(("GET", path) for path in READ), *(("POST", path) for path in WRITTEN)]:
            answer = client.request(method, path, headers={"origin": origin})
            assert answer.status_code == 403, path
            assert "another site" in answer.text
            assert not [name for name in answer.headers if name.startswith("access-control")]
        asked = {"origin": origin, "access-control-request-method": "POST"}
        assert client.options("/gradio_api/run/predict", headers=asked).status_code == 403


def test_no_answer_may_be_read_by_another_origin(way: Way) -> None:
    with closing(way.visitor()) as client:
        for path in READ:
            answer = client.get(path, headers={"origin": way.app.url})
            assert not [name for name in answer.headers if name.startswith("access-control")], path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_embeds_is_not_there(way: Way, site: str) -> None:
    with closing(way.visitor()) as client:
        for path in READ:
            headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
            assert client.get(path, headers=headers).status_code == 403, path


HOSTS = ("evil.example", "evil.example:80", "169.254.169.254", "localhost.evil.example", "127.0.0.1.evil.example")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("header", ["host", "x-forwarded-host"])
def test_a_name_that_is_none_of_the_apps_is_refused(way: Way, header: str, host: str) -> None:
    with closing(way.visitor()) as client:
        answer = client.get("/", headers={header: host})
        assert answer.status_code == 403
        assert "gradio_config" not in answer.text
        assert ("PLAYGROUND_HOSTS" if header == "host" else "PLAYGROUND_") in answer.text or way.name == "local"


REWRITING = ("x-original-url", "x-rewrite-url", "x-original-host", "x-gradio-server", "x-forwarded-prefix", "forwarded")


@pytest.mark.parametrize("header", [*REWRITING, "x-forwarded-server", "x-forwarded-proto"])
def test_no_other_header_writes_into_the_page(way: Way, header: str) -> None:
    value = "https" if header == "x-forwarded-proto" else "https://evil.example/x"
    with closing(way.visitor()) as client:
        answer = client.get("/", headers={header: value})
        assert "evil.example" not in answer.text
        if answer.status_code == 200:
            assert f'"root":"{way.app.url}"' in answer.text


def test_nothing_is_kept_by_a_cache_but_the_apps_own_files(way: Way) -> None:
    with closing(way.visitor()) as client:
        for path in (*READ, "/nothing", "/logout", "/?token=wrong"):
            answer = client.get(path)
            if path not in STATIC:
                assert answer.headers["cache-control"] == "no-store", path
        key = client.post("/gradio_api/key", json={"backend": "therouter", "key": ""})
        assert key.headers["cache-control"] == "no-store"


@contextmanager
def another_port(page: str) -> Iterator[str]:
    """A page on another port of the same host; where it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


ATTACK = """async url => {
    const got = [];
    for (const path of ['/', '/config', '/gradio_api/info', '/gradio_api/app_id'])
        for (const credentials of ['include', 'omit'])
            got.push(await fetch(url + path, {credentials}).then(answer => answer.text()).catch(() => ''));
    const script = document.createElement('script');
    const loaded = new Promise(done => { script.onload = () => done('loaded'); script.onerror = () => done(''); });
    script.src = `${url}/theme.css`;
    document.head.append(script);
    return [...got, await loaded];
}"""


@pytest.mark.browser
def test_a_page_on_another_port_reads_nothing_in_a_real_browser(way: Way, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(way.app.opening or way.app.url)
    with another_port("<title>another app</title>") as elsewhere:
        page.goto(elsewhere)
        assert set(page.evaluate(ATTACK, way.app.url)) == {""}
    context.close()


@pytest.mark.browser
def test_a_link_elsewhere_takes_nothing_from_who_follows_it(browser: Browser, tmp_path: Path) -> None:
    """The cookie is not sent with it: without care, the visitor would be given a new one in its place."""
    with app_process(tmp_path / "log", PLAYGROUND_CACHE_DIR=str(tmp_path)) as app:
        context = browser.new_context()
        page = context.new_page()
        page.goto(app.opening)
        page.locator("#snippet pre").wait_for()
        before = context.cookies()
        with another_port(f'<a href="{app.url}/">here</a>') as elsewhere:
            page.goto(elsewhere.replace("127.0.0.1", "localhost"))
            page.get_by_role("link").click()
            page.get_by_role("tab", name="Servers", exact=True).click()
            page.locator("#machine .gpus").wait_for()
        assert context.cookies() == before
        context.close()


# Proxies


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """With a login, and no proxy that is trusted."""
    folder = tmp_path_factory.mktemp("app")
    users = {"PLAYGROUND_USERS": USERS.get_secret_value(), "PLAYGROUND_CACHE_DIR": str(folder)}
    with app_process(folder / "log", **users) as app:
        yield app


def test_a_made_up_address_gives_no_new_guesses(behind: App) -> None:
    said = []
    for number in range(12):
        with behind.browser() as guesser:
            guesser.headers["x-forwarded-for"] = f"203.0.113.{number}"
            said.append(log_in(guesser, "ada", f"guess-{number}").status_code)
    assert said == [401] * 10 + [429] * 2
    with behind.browser() as ben:  # one name was guessed at: the others get in
        assert log_in(ben, "ben", BEN).status_code == 303


def test_a_made_up_scheme_makes_no_cookie_for_https(behind: App) -> None:
    with behind.browser() as ben:
        ben.headers["x-forwarded-proto"] = "https"
        assert "Secure" not in log_in(ben, "ben", BEN).headers["set-cookie"]


def test_a_trusted_proxy_says_who_asks_and_over_what(tmp_path: Path) -> None:
    variables = {
        "PLAYGROUND_USERS": USERS.get_secret_value(),
        "PLAYGROUND_CACHE_DIR": str(tmp_path),
        "PLAYGROUND_TRUSTED_PROXIES": "127.0.0.1",
        "FORWARDED_ALLOW_IPS": "*",  # uvicorn's own is not read
    }
    headers = (*GOOD[:2], "proxy_set_header X-Forwarded-Proto https;")
    with app_process(tmp_path / "log", **variables) as app, nginx_before(app.url, tmp_path / "n", headers) as url:

        def attempt(address: str, made_up: str, password: str) -> httpx.Response:
            transport = httpx.HTTPTransport(local_address=address)
            with httpx.Client(base_url=url, transport=transport, headers={"x-forwarded-for": made_up}) as client:
                return log_in(client, "ada", password)

        for number in range(10):
            assert attempt("127.0.0.2", f"203.0.113.{number}", "wrong").status_code == 401
        assert attempt("127.0.0.2", "203.0.113.99", ADA).status_code == 429
        entered = attempt("127.0.0.3", "203.0.113.1", ADA)
        assert entered.status_code == 303
        assert "Secure" in entered.headers["set-cookie"]


@pytest.mark.browser
def test_nginx_with_a_plain_proxy_pass_and_the_name_set(browser: Browser, tmp_path: Path) -> None:
    """The page works: the operator said by which name it is asked."""
    port = free_port()
    variables = {"PLAYGROUND_USERS": f"ada:{ADA}", "PLAYGROUND_HOSTS": f"127.0.0.1:{port}"}
    with (
        app_process(tmp_path / "log", PLAYGROUND_CACHE_DIR=str(tmp_path), **variables) as app,
        nginx_before(app.url, tmp_path / "nginx", headers=(), port=port) as url,
    ):
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(ADA)
        page.get_by_role("button", name="Log in").click()
        page.locator("#snippet pre").wait_for()
        assert page.url == f"{url}/"
        context.close()


@pytest.mark.browser
def test_and_without_the_name_it_says_what_to_set(browser: Browser, tmp_path: Path) -> None:
    variables = {"PLAYGROUND_USERS": f"ada:{ADA}", "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    with (
        app_process(tmp_path / "log", **variables) as app,
        nginx_before(app.url, tmp_path / "nginx", headers=()) as url,
    ):
        page = browser.new_context().new_page()
        page.goto(url)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(ADA)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").get_by_text("PLAYGROUND_HOSTS").wait_for()
        page.context.close()


# Passwords


def test_a_check_takes_the_same_for_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The costs of all hashes are spent on each check, known name or not."""
    hashes = {"ada": PasswordHash.of(ADA, cost=2, parallel=1), "ben": PasswordHash.of(BEN, cost=64, parallel=2)}
    users = Users.parse(",".join(f"{name}:{one}" for name, one in hashes.items()))
    spent: list[tuple[int, int]] = []
    scrypt = passwords._scrypt

    def noted(password: str, cost: int, block: int, parallel: int, salt: bytes) -> bytes:
        spent.append((cost, parallel))
        return scrypt(password, cost, block, parallel, salt)

    monkeypatch.setattr(passwords, "_scrypt", noted)
    for name, password in (("ada", ADA), ("ada", "wrong"), ("ben", BEN), ("ben", "wrong"), ("eve", ADA), ("", "")):
        spent.clear()
        user = users.check(name, password)
        assert (user is not None) == (password in {ADA, BEN} and name in hashes)
        assert spent == [(2, 1), (64, 2)]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_household_of_many_networks_is_one() -> None:
    failures = Failures()
    for number in range(10):
        failures.add(f"2001:db8:7:{number:x}::1", "ada")
    assert failures.wait_s("2001:db8:7:ffff::1", "ada") > 0
    assert failures.wait_s("2001:db8:8::1", "ada") == 0


def test_a_stranger_behind_the_same_proxy_locks_out_nobody_for_long() -> None:
    clock = Clock()
    failures = Failures(clock)
    for _ in range(10):
        failures.add("10.0.0.5", "ada")
    assert failures.wait_s("10.0.0.5", "ada") > 500
    assert failures.wait_s("10.0.0.5", "ben") == 0
    for number in range(60):
        failures.add("10.0.0.5", f"made-up-{number}")
    assert 0 < failures.wait_s("10.0.0.5", "ben") <= 60
    clock.now += 60
    assert failures.wait_s("10.0.0.5", "ben") == 0
