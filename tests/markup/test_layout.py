"""Directions, and tables that scroll."""

import re

import pytest

from playground.markup.layout import MAX_LABEL
from playground.markup.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("שלום\n\nHello", ["p", "p"]),
        ("# مرحبا\n\n###### b", ["h1", "h6"]),
        ("- a\n- ب", ["li", "li"]),
        ("1. a\n\n   ب", ["li", "p", "p"]),
        ("> a\n>\n> ب", ["p", "p"]),
        ("| a | ب |\n|---|:-:|\n| c | د |", ["th", "th", "td", "td"]),
    ],
)
def test_each_has_its_own_direction(text: str, tags: list[str]) -> None:
    html = render_markdown(text)
    assert re.findall(r'<(\w+)[^>]* dir="auto"', html) == tags
    assert not re.search(r"<(?:p|h\d|li|t[hd])(?![^>]*dir=)[ >]", html)


def test_a_table_scrolls_by_itself() -> None:
    html = render_markdown("| **Model** | `price` |\n|---|---|\n| a | b |\n\nafter")
    assert re.search(r'<div class="table" tabindex="0" role="group" aria-label="table, Model, price"><table>', html)
    assert "</table></div>\n<p" in html


def test_two_tables_have_their_own_names() -> None:
    html = render_markdown("| a |\n|---|\n| b |\n\n| |\n|---|\n| d |\n")
    assert re.findall('aria-label="([^"]*)"', html) == ["table, a", "table"]


def test_a_name_is_short_and_no_markup() -> None:
    html = render_markdown('| "><b onclick=x> |' + " c |" * 200 + "\n" + "|---" * 201 + "|\n")
    label = re.findall('aria-label="([^"]*)"', html)[0]
    assert "<" not in label
    assert len(label) <= MAX_LABEL + len("&quot;&gt;&lt;&gt;")
