"""`snippet`: from a keystroke to the curl command that shows it, against a bare Gradio echo."""

from collections.abc import Iterator
from statistics import median
from string import ascii_lowercase

from playwright.sync_api import Page

from bench.browser import chromium, open_app
from bench.figures import Figure
from bench.processes import app, free_port, ready, running, upstream
from bench.requests import converse
from playground.wire.metrics import percentile

MESSAGES = 40
BEGIN = "zq"
# From the press of the key to the frame in which the snippet holds the text.
WATCH = """wanted => {
  const box = document.querySelector('#snippet');
  window.benchShown = new Promise(done => {
    addEventListener('keydown', () => {
      const start = performance.now(), look = new MutationObserver(() => {
        if (!box.textContent.includes(wanted)) return;
        look.disconnect();
        requestAnimationFrame(() => done(performance.now() - start));
      });
      look.observe(box, {subtree: true, childList: true, characterData: true});
    }, {capture: true, once: true});
  });
}"""


def measure_snippet(*, quick: bool) -> Iterator[Figure]:
    """In an empty conversation and in one of many messages."""
    strokes = 10 if quick else 30
    port = free_port()
    with (
        upstream(30, 1000) as source,
        app(source) as server,
        running(["-m", "bench.bare", str(port), "--echo"], r"listening on (\d+)") as bare,
        chromium() as page,
    ):
        ready(bare.url)
        page.goto(bare.url)
        echo = keystrokes(page, strokes)
        tab = open_app(page, server.url)
        empty = keystrokes(page, strokes)
        converse(server, tab, MESSAGES)
        open_app(page, server.url)
        full = keystrokes(page, strokes)
    base = median(echo)
    for name, times in (("empty conversation", empty), (f"{MESSAGES} messages", full)):
        middle, most = median(times), percentile(times, 95) or 0.0
        yield Figure("snippet", f"{name}, p95", most, "ms", 60, f"median {middle:.0f} ms of {strokes} keystrokes")
        detail = f"medians: {middle:.0f} ms / {base:.0f} ms"
        yield Figure("snippet", f"{name} / bare Gradio echo", middle / base, "x", 2, detail)


def keystrokes(page: Page, count: int) -> list[float]:
    """Milliseconds of each; each is pressed after the one before has been shown."""
    box = page.get_by_role("textbox", name="Message")
    box.fill(BEGIN)
    page.locator("#snippet", has_text=BEGIN).wait_for()
    box.press("End")
    text, times = BEGIN, []
    for index in range(count):
        letter = ascii_lowercase[index % 26]
        text += letter
        page.evaluate(WATCH, text)
        page.keyboard.press(letter)
        times.append(float(page.evaluate("window.benchShown")))
    return times
