"""axe-core finds nothing: each tab, both schemes, wide and narrow, empty and with an answer and an error."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_json import SCHEMA
from tests.browser.test_page import ask, choose
from tests.browser.test_servers import COMMAND, launch, open_servers
from tests.browser.test_tools import TOOL, calling
from tests.ports import free_port
from tests.upstream import ThreadedUpstream, scripts

Look = Callable[[str], None]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
ANSWER = ["# Title\n\n", "Text with `code`, $x^2$ and a [link](https://e.example).\n\n", "```python\nprint(1)\n```\n\n"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(
    browser: Browser, opening: str, shared_upstream: ThreadedUpstream, scheme: str, width: int
) -> None:
    # In the dark only the colours are others.
    rules = None if scheme == "light" else ["color-contrast"]
    with looking(browser, opening, scheme, width, rules) as (page, look):
        see_chat(page, shared_upstream, look)
        tools_and_json(page, shared_upstream, look)
        see_the_wire(page, look, narrow=width < 900)


@pytest.mark.model
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_among_servers(browser: Browser, opening: str, scheme: str, width: int) -> None:
    with looking(browser, opening, scheme, width) as (page, look):
        open_servers(page)
        look("the list")
        for name in ("Attach", "Machines", "Upstream"):
            page.locator("#servers-pane").get_by_role("tab", name=name).click()
            look(name)
        page.locator("#servers-pane").get_by_role("tab", name="Start one").click()
        card = launch(page, f"seen-{scheme}-{width}", free_port())
        page.get_by_role("button", name="Will it fit?").click()
        expect(page.locator("#fit").get_by_role("img").first).to_be_visible()
        card.get_by_text("command", exact=True).click()
        card.get_by_role("button", name="Show log").click()
        expect(page.get_by_role("log")).to_contain_text("load")
        page.locator(COMMAND).fill(f"{page.locator(COMMAND).input_value()} 'x")
        page.get_by_role("button", name="Launch").click()
        expect(page.locator("#launch-said .error")).to_be_visible()
        look("a server that is ready, its log, its command, the bars of its memory, and a launch that was refused")
        card.get_by_role("button", name="Stop server").click()
        card.get_by_role("button", name="Remove from the list").click()
        expect(card).to_have_count(0)


@contextmanager
def looking(
    browser: Browser, opening: str, scheme: str, width: int, rules: list[str] | None = None
) -> Iterator[tuple[Page, Look]]:
    """The page, and what has axe look at it; what it finds fails the test at the end, with where it was.

    `rules`: axe's names of those that count; all of them if not given.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
    page = context.new_page()
    page.goto(opening)
    page.locator("#snippet pre").wait_for(state="attached")
    faults: dict[str, list[str]] = {}

    def look(where: str) -> None:
        options: dict[str, list[str]] = {"resultTypes": ["violations"]}  # what passes need not be written out
        found = Axe().run(page, options=options | ({"runOnly": rules} if rules else {})).response["violations"]
        if found:
            faults[where] = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]

    try:
        yield page, look
    finally:
        context.close()
    assert faults == {}


def see_chat(page: Page, shared_upstream: ThreadedUpstream, look: Look) -> None:
    """Empty, with an answer, with an error and parameters."""
    look("empty")
    choose(page, "Custom URL")
    shared_upstream.enqueue(scripts.stream(ANSWER, reasoning=["because"]))
    ask(page, "show me")
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    look("answer")
    shared_upstream.enqueue(scripts.cut_stream())
    ask(page, "and again")
    expect(page.locator("#talk .error")).to_be_visible()
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("textbox", name=re.compile("^temperature")).fill("0.5")
    expect(page.locator("#sent")).to_contain_text("temperature 0.5")
    look("error and parameters")


def see_the_wire(page: Page, look: Look, *, narrow: bool) -> None:
    """The streaming tab, and the wire pane's own."""
    page.get_by_role("tab", name="Streaming").click()
    expect(page.locator("#stream tbody tr").first).to_be_visible()
    look("streaming")
    if narrow:
        page.get_by_role("button", name="Request").click()
    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name="Python").click()
    expect(page.locator("#snippet pre")).to_contain_text("httpx")
    look("Python")
    for tab in ("Request", "Response", "Events", "Timing"):
        page.get_by_role("tab", name=tab).click()
        look(tab)


def tools_and_json(page: Page, upstream: ThreadedUpstream, look: Look) -> None:
    """Both tabs: each of their own tabs, with calls that wait, a verdict and a table."""
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("textbox", name="Tools JSON").fill(json.dumps([TOOL]))
    expect(page.locator("#tools-status")).to_contain_text("1 tool")
    look("Tools")
    for name in ("Form", "Answers", "Import"):
        page.locator("#tools-pane").get_by_role("tab", name=name).click()
        look(f"Tools, {name}")
    upstream.enqueue(calling('{"code": "a"}', '{"code": 5}'))
    ask(page, "call them")
    expect(page.locator("#talk .call").last.get_by_role("button", name="Run tool")).to_be_visible()
    look("calls that wait")
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("tab", name="JSON", exact=True).click()
    page.get_by_role("combobox", name="Response format").click()
    page.get_by_role("option", name="json_schema").click()
    page.get_by_role("textbox", name="JSON schema").fill(json.dumps(SCHEMA))
    expect(page.locator("#schema-status")).to_contain_text("Not compatible with strict mode")
    look("JSON")
    for name in ("Start from", "Runs"):
        page.locator("#json-pane").get_by_role("tab", name=name).click()
        look(f"JSON, {name}")
    upstream.enqueue(scripts.stream(['{"items": [{"price": 1},', ' {"price": "12"}]}']))
    ask(page, "prices")
    expect(page.locator("#talk .verdict")).to_contain_text("not valid against the schema")
    page.get_by_text("as a table: 2 rows").click()
    look("verdict and table")
