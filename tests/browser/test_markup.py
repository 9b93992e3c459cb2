"""Answers in a real browser, with the page's own sheet: wide tables, and directions."""

import pytest
from playwright.sync_api import BrowserContext, Page

from playground.markup.markdown import render_markdown
from playground.ui.theme import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
WORDS = ("Donaudampfschifffahrtsgesellschaft", "context_window_of_the_model", "Straßenverkehrsordnung", "price")
TABLE = "|".join(("", *WORDS, "")) + "\n" + "|---" * 4 + "|\n" + "|".join(("", *WORDS, "")) + "\n"
MIXED = """An English line first.

זה משפט בעברית, ואחריו **מודגש** ו-`code()`.

- one
- שתיים

1. أول

   ثان

> اقتباس طويل

| שם | מחיר |
|---|---|
| אחת | $5 |

It costs $5 and $10, `$HOME`, while $x^2 + y^2$ is a formula.
"""


def show(context: BrowserContext, text: str, width: int) -> Page:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    sheet = (STATIC / "page.css").read_text()
    html = f'<article class="turn"><div class="who">m</div><div class="said">{render_markdown(text)}</div></article>'
    log = f'<div id="talk"><div class="log">{html}</div></div>'
    page.set_content(
        f"<!doctype html><style>{sheet}</style><body class=gradio-container style='background:var(--paper)'>{log}"
    )
    return page


@pytest.fixture(params=[390, 1440])
def wide(context: BrowserContext, request: pytest.FixtureRequest) -> Page:
    return show(context, TABLE + "\n" + MIXED, request.param)


def test_a_wide_table_scrolls_and_breaks_no_word(wide: Page) -> None:
    box = wide.locator(".table").first
    assert wide.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide.locator(".log").evaluate("log => log.scrollWidth <= log.clientWidth")
    heights = box.locator("td").evaluate_all("cells => cells.map(cell => cell.getClientRects()[0].height)")
    assert max(heights) < 40  # one line each
    if wide.viewport_size == {"width": 390, "height": 900}:
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        box.focus()
        box.press("ArrowRight")
        wide.wait_for_function("document.querySelector('.table').scrollLeft > 0")


def test_each_block_begins_at_its_own_side(wide: Page) -> None:
    def starts_right(selector: str) -> bool:
        return bool(wide.locator(selector).first.evaluate("block => getComputedStyle(block).direction === 'rtl'"))

    assert not starts_right(".said > p:has-text('English')")
    assert starts_right(".said > p:has-text('בעברית')")
    assert not starts_right("li:has-text('one')")
    assert starts_right("li:has-text('שתיים')")
    assert starts_right("li > p:has-text('ثان')")
    assert starts_right("ol > li")  # its number stands at the right, too
    assert starts_right("blockquote")
    assert starts_right(".table:has-text('שם')")
    assert not starts_right("p code:has-text('code()')")
    edges = wide.locator("li, .table").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()])"
        ".map(([own, around]) => [own.left - around.left, around.right - own.right].map(Math.round))"
    )
    assert edges[1:4] == [[22, 0], [0, 22], [0, 22]]  # room for the mark, at its side
    assert edges[4][1] == 0
