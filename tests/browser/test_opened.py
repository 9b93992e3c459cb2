"""The app opened to others, in a real browser: the login, and what the browser is told not to do."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.upstream import ThreadedUpstream
from tests.web.opened import App, app_process

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PASSWORD = "correct-horse-battery"
AXE = Axe()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, shared_upstream: ThreadedUpstream) -> Iterator[App]:
    """Opened, with the upstream as the operator's Custom URL."""
    variables = {
        "PLAYGROUND_USERS": f"ada:{PASSWORD}",
        "PLAYGROUND_BACKEND": "custom",
        "PLAYGROUND_CUSTOM_BASE_URL": shared_upstream.base_url,
    }
    with app_process(tmp_path_factory.mktemp("app") / "log", **variables) as running:
        yield running


def open_login(browser: Browser, app: App, scheme: Literal["light", "dark"] = "light", *, script: bool = True) -> Page:
    context = browser.new_context(color_scheme=scheme, java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(app.url)
    expect(page).to_have_url(f"{app.url}/login")
    return page


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    page = open_login(browser, app)
    log_in(page)
    page.locator("#snippet pre").wait_for()
    yield page
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_is_accessible_and_follows_the_scheme(
    browser: Browser, app: App, scheme: Literal["light", "dark"]
) -> None:
    page = open_login(browser, app, scheme)
    colours = {"light": "rgb(251, 251, 250)", "dark": "rgb(21, 21, 23)"}
    expect(page.locator("body")).to_have_css("background-color", colours[scheme])
    assert AXE.run(page).response["violations"] == []
    log_in(page, "wrong-password")
    expect(page.get_by_role("alert")).to_contain_text("Wrong name or password")
    expect(page.get_by_label("Name")).to_have_value("ada")
    assert AXE.run(page).response["violations"] == []
    page.context.close()


def test_the_login_works_without_a_script(browser: Browser, app: App) -> None:
    page = open_login(browser, app, script=False)
    log_in(page)
    expect(page).to_have_url(f"{app.url}/")
    page.goto(f"{app.url}/logout")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{app.url}/login")
    page.goto(app.url)
    expect(page).to_have_url(f"{app.url}/login")
    page.context.close()


def test_the_page_works_behind_the_login(page: Page) -> None:
    page.get_by_role("textbox", name="Message").fill("let me in")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk")).to_contain_text("You said: let me in")
    assert page.evaluate("document.cookie") == ""


def test_logging_out_forgets_the_conversation_of_the_tab(page: Page, app: App) -> None:
    assert page.evaluate("sessionStorage.length") > 0
    page.goto(f"{app.url}/logout")
    assert AXE.run(page).response["violations"] == []
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{app.url}/login")
    assert page.evaluate("sessionStorage.length") == 0


def test_what_is_injected_neither_runs_nor_calls_out(page: Page, app: App, shared_upstream: ThreadedUpstream) -> None:
    elsewhere = f"{shared_upstream.origin}/elsewhere"
    blocked = page.evaluate(
        """async elsewhere => {
            const blocked = [];
            document.addEventListener('securitypolicyviolation', event => blocked.push(event.effectiveDirective));
            const into = document.querySelector('#talk');
            into.insertAdjacentHTML('beforeend', `<img src="${elsewhere}.png">`);
            into.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.hit = 1">');
            into.insertAdjacentHTML('beforeend', `<iframe src="${elsewhere}"></iframe>`);
            into.insertAdjacentHTML('beforeend', `<style>@import url("${elsewhere}.css")</style>`);
            const script = document.createElement('script');
            script.textContent = 'window.hit = 2';
            document.head.append(script);
            const remote = document.createElement('script');
            remote.src = `${elsewhere}.js`;
            document.head.append(remote);
            await fetch(elsewhere).catch(() => 0);
            const form = document.createElement('form');
            form.action = elsewhere;
            document.body.append(form);
            form.submit();
            for (let i = 0; i < 100 && blocked.length < 8; i++) await new Promise(done => setTimeout(done, 50));
            return blocked;
        }""",
        elsewhere,
    )
    wanted = {"img-src", "script-src-attr", "frame-src", "style-src-elem", "script-src-elem", "connect-src"}
    assert wanted | {"form-action"} == set(blocked)
    assert page.evaluate("window.hit") is None
    assert not [request for request in shared_upstream.requests if request.path.startswith("/elsewhere")]
    assert page.url == f"{app.url}/"


def test_another_site_cannot_frame_it(browser: Browser, app: App) -> None:
    context = browser.new_context()
    page = context.new_page()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.set_content(f'<iframe src="{app.url}/login"></iframe>')
    assert page.frame_locator("iframe").get_by_label("Password").count() == 0
    context.close()


def test_who_is_no_administrator_launches_nothing(page: Page) -> None:
    page.get_by_role("tab", name="Servers", exact=True).click()
    expect(page.locator("#machine")).to_contain_text("Only administrators can launch or stop servers here")
    expect(page.locator("#servers-said")).to_contain_text("Only administrators can look at servers here")
    field = page.get_by_role("combobox", name="Model to serve")
    field.fill("Qwen/Qwen3-8B")
    field.press("Enter")
    expect(page.locator("#launch-said")).to_contain_text("Only administrators")
    expect(page.locator("#command textarea")).to_have_value("")
    for button, place in (("Launch", "#launch-said"), ("Will it fit?", "#fit")):
        page.get_by_role("button", name=button).click()
        expect(page.locator(place)).to_contain_text("Only administrators")
    page.get_by_role("tab", name="Attach").click()
    page.get_by_role("textbox", name="Server URL").fill("http://127.0.0.1:9")
    page.get_by_role("button", name="Attach").click()
    expect(page.locator("#servers-pane")).to_contain_text("Only administrators can launch")


def test_the_next_person_at_the_tab_gets_an_empty_page(page: Page, app: App) -> None:
    message = page.get_by_role("textbox", name="Message")
    message.fill("a question that Ada typed")
    expect(page.locator("#snippet pre")).to_contain_text("a question that Ada typed")
    before = page.evaluate("sessionStorage.getItem('playground-conversation')")
    page.get_by_role("link", name="log out").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{app.url}/login")
    assert page.evaluate("sessionStorage.length") == 0
    log_in(page)
    page.locator("#snippet pre").wait_for()
    expect(message).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('playground-conversation')") != before
