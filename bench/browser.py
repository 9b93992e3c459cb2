"""A real Chromium, and what notes the moments in its page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
TIMEOUT_MS = 180_000

# Notes when the press on Send came, when the first and the last of so many words stood in the pane's last child, and
# when the finished turn had replaced it. A MutationObserver sees a change before it is painted, in either page alike.
WATCH = """([word, count]) => {
  const pane = document.querySelector('#talk'), seen = {start: 0};
  const words = text => text.length < count * word.length ? 0 : text.split(word).length - 1;
  addEventListener('click', event => { if (event.target.closest('#send')) seen.start ||= performance.now(); }, true);
  window.benchLast = new Promise(lasts => { window.benchSettled = new Promise(settles => {
    const look = new MutationObserver(() => {
      const turn = pane.querySelector('.log')?.lastElementChild;
      const text = turn?.textContent ?? '', now = performance.now();
      if (!seen.first && text.includes(word)) seen.first = now - seen.start;
      if (!seen.last && words(text) >= count) { seen.last = now - seen.start; lasts(seen); }
      if (turn?.querySelector('.meter')) { look.disconnect(); settles(now - seen.start); }
    });
    look.observe(pane, {subtree: true, childList: true, characterData: true});
  }); });
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person saw, in seconds from the press on Send. `settled_s`: the drawn turn stood there."""

    first_s: float
    last_s: float
    settled_s: float | None = None


@contextmanager
def chromium() -> Iterator[Page]:
    """A page in a browser of its own."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(TIMEOUT_MS)
        yield page
        browser.close()


def watch_stream(page: Page, word: str, count: int, *, settles: bool) -> Seen:
    """Press Send and wait until `count` words stand there (and, `settles`, until the drawn turn does)."""
    page.evaluate(WATCH, [word, count])
    # What loading the page left behind is swept away now, as it would be before a person had typed a line.
    page.context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    page.locator("#send").click()
    seen: dict[str, Any] = page.evaluate("window.benchLast")
    settled = page.evaluate("window.benchSettled") / 1000 if settles else None
    return Seen(seen["first"] / 1000, seen["last"] / 1000, settled)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab with the page in it: the id of its conversation, and the visitor's cookie."""

    conversation: str
    visitor: dict[str, str]


def open_app(page: Page, url: str) -> Tab:
    """Open the playground until it can be used."""
    page.goto(url)
    page.locator("#snippet pre").wait_for()
    page.locator("#state .ready").wait_for()
    visitor = {str(cookie.get("name")): str(cookie.get("value")) for cookie in page.context.cookies()}
    return Tab(str(page.evaluate("window.playground.conversation()")), visitor)


def type_message(page: Page, text: str) -> None:
    """Write the message, three seconds after the page was asked for, and wait until the snippet has it."""
    # Nobody types sooner, and opening a page is not what is measured.
    page.wait_for_function("performance.now() > 3000")
    page.get_by_role("textbox", name="Message").fill(text)
    page.locator("#snippet pre", has_text=text).wait_for()
