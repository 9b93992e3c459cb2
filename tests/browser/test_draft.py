"""What is typed is not lost: not in a reload, not without the app, not while an answer comes."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_page import ask, chats, choose
from tests.upstream import ThreadedUpstream, scripts
from tests.web.opened import app_process

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
MESSAGE = "#message textarea"


def test_the_form_survives_a_reload(page: Page) -> None:
    choose(page, "Custom URL")
    expect(page.locator("#state")).to_contain_text("ready")
    model = page.get_by_role("combobox", name="Model")
    model.click()
    page.get_by_role("option", name="test/echo").click()
    page.get_by_role("tab", name="Tools", exact=True).click()
    page.get_by_role("textbox", name="Tools JSON").fill('[{"type": "function", "function": {"name": "f"}}]')
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    page.locator(MESSAGE).fill("half a thought")
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("textbox", name=re.compile("^temperature")).fill("0.5")
    expect(page.locator("#snippet pre")).to_contain_text('"temperature": 0.5')
    before = page.locator("#snippet pre").inner_text()
    page.reload()
    expect(page.locator("#snippet pre")).to_have_text(before)
    expect(page.get_by_role("combobox", name="Backend")).to_have_value("Custom URL")
    expect(model).to_have_value("test/echo")
    expect(page.get_by_role("tab", name="Tools", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#state")).to_contain_text("ready")
    expect(page.get_by_role("textbox", name="Base URL")).to_be_visible()


def test_what_is_typed_while_the_app_is_gone_is_there_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    page = context.new_page()
    folder = str(tmp_path)
    with app_process(tmp_path / "first", PLAYGROUND_CACHE_DIR=folder) as app:
        page.goto(app.url)
        page.locator(MESSAGE).fill("typed before")
        expect(page.locator("#snippet pre")).to_contain_text("typed before")
    assert "Traceback" not in (tmp_path / "first").read_text()  # the page held a connection to it
    page.locator(MESSAGE).fill("typed while it was gone")
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
    page.locator(MESSAGE).press("End")
    page.keyboard.type(", to its end")
    port = app.url.rpartition(":")[2]
    with app_process(tmp_path / "second", PLAYGROUND_PORT=port, PLAYGROUND_CACHE_DIR=folder):
        expect(page.get_by_text("Connection to the server was lost")).to_have_count(0, timeout=20_000)  # loaded anew
        expect(page.locator("#snippet pre")).to_contain_text("typed while it was gone, to its end")
        expect(page.locator(MESSAGE)).to_have_value("typed while it was gone, to its end")
        context.close()


def test_what_is_typed_while_an_answer_comes_stays(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    shared_upstream.enqueue(scripts.stall_between())
    ask(page, "the first question")
    expect(page.locator("#talk .turn").last).to_contain_text("Hel")
    page.locator(MESSAGE).click()
    page.keyboard.type("The second, ")  # takes the place of the one that was sent
    page.locator(MESSAGE).press("ControlOrMeta+Enter")  # one answer at a time
    page.keyboard.type("typed meanwhile.")
    expect(page.locator("#talk .turn")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#talk")).to_contain_text("The text so far is kept.")
    expect(page.locator(MESSAGE)).to_have_value("The second, typed meanwhile.")
    expect(page.locator("#snippet pre")).to_contain_text("the first question")


def test_clear_and_retry_end_the_answer_that_comes(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    shared_upstream.enqueue(scripts.stall_between())
    ask(page, "clear this")
    expect(page.locator("#talk .turn").last).to_contain_text("Hel")
    gone = sum(request.outcome == "disconnected" for request in shared_upstream.requests)
    page.get_by_role("button", name="Clear").click()
    shared_upstream.wait_for_disconnect(gone + 1)
    expect(page.locator("#talk .turn")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.locator(MESSAGE).fill("")
    ask(page, "then this")
    expect(page.locator("#talk")).to_contain_text("You said: then this")
    expect(page.locator("#talk")).not_to_contain_text("clear this")
    shared_upstream.enqueue(scripts.stall_between())
    ask(page, "and that")
    expect(page.locator("#talk .turn").last).to_contain_text("Hel")
    page.locator("#talk").get_by_role("button", name="retry").first.click()
    expect(page.locator("#talk")).not_to_contain_text("and that")
    expect(page.locator("#talk .turn")).to_have_count(2)
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_what_a_preset_or_clear_took_can_be_brought_back(page: Page) -> None:
    choose(page, "Custom URL")
    ask(page, "worth keeping")
    expect(page.locator("#talk")).to_contain_text("You said: worth keeping")
    page.locator(MESSAGE).fill("half a thought")
    page.get_by_role("textbox", name="System prompt").fill("Be brief.")
    expect(page.locator("#snippet pre")).to_contain_text("Be brief.")
    before = page.locator("#snippet pre").inner_text()
    page.get_by_role("button", name="lookup_region").click()
    expect(page.locator("#snippet pre")).to_contain_text("tools")
    expect(page.get_by_role("tab", name="Tools", exact=True)).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Restore the previous conversation").click()
    expect(page.locator("#snippet pre")).to_have_text(before)
    expect(page.locator("#talk")).to_contain_text("You said: worth keeping")
    expect(page.locator(MESSAGE)).to_have_value("half a thought")
    expect(page.get_by_role("tab", name="Chat", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".back")).to_have_count(0)

    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#talk")).not_to_contain_text("worth keeping")
    page.locator(MESSAGE).fill("another thought")
    page.get_by_role("button", name="Restore the previous conversation").click()
    expect(page.locator("#talk")).to_contain_text("You said: worth keeping")
    expect(page.locator(MESSAGE)).to_have_value("another thought")


def test_retry_and_undo_keep_what_is_typed(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    ask(page, "asked first")
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    page.locator(MESSAGE).fill("half a thought")
    before = len(chats(shared_upstream))
    page.locator("#talk").get_by_role("button", name="retry").click()
    shared_upstream.wait_until(lambda: len(chats(shared_upstream)) > before)
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    expect(page.locator(MESSAGE)).to_have_value("half a thought")
    page.get_by_role("button", name="undo").click()
    expect(page.locator("#talk .turn")).to_have_count(0)
    expect(page.locator(MESSAGE)).to_have_value("half a thought")
