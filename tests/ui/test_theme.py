"""The look: all of Gradio's variables that are named exist, and nothing comes from elsewhere."""

import inspect
import re

import gradio as gr
import pytest

from playground.ui.theme import BODY, COLOURS, NOTHING, SIZES, build_head, build_theme

HEAD = build_head()


@pytest.mark.parametrize("name", sorted(NOTHING | COLOURS | SIZES | BODY))
def test_gradio_knows_every_variable(name: str) -> None:
    assert name in inspect.signature(gr.themes.Base().set).parameters


def test_dark_and_light_come_from_the_same_tokens() -> None:
    theme = build_theme()
    for name in NOTHING | COLOURS | SIZES:
        light, dark = getattr(theme, name), getattr(theme, f"{name}_dark", None)
        assert dark in {light, None}, name
    for name, value in BODY.items():
        assert getattr(theme, name) == value


def test_every_token_is_in_the_sheet() -> None:
    used = {name for value in (NOTHING | COLOURS | SIZES).values() for name in re.findall(r"var\((--[\w-]+)\)", value)}
    assert used
    for name in used:
        assert f"{name}:" in HEAD, name


def test_no_font_is_fetched() -> None:
    assert build_theme()._stylesheets == []


def test_the_head_is_whole_and_asks_nobody() -> None:
    assert HEAD.count("<style>") == HEAD.count("</style>") == 1
    assert HEAD.count("<script>") == HEAD.count("</script>") == 1
    assert not re.search(
        r"@import|url\(\s*['\"]?(https?:)?//|(src|href)=['\"]?(https?:)?//|fetch\(\s*['\"]https?:", HEAD
    )
