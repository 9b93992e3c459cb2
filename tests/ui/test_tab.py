"""Tabs as values: what each says of itself is true, and complete."""

from typing import get_args

import gradio as gr
import pytest

from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.form.parameters import PARAMETERS
from playground.presets import Tab as Request
from playground.ui.page import build_page
from playground.ui.parts import Page
from playground.ui.tab import Tab, build_tab, draw_empty
from playground.ui.tabs import FOLDERS, TABS, load_tab
from playground.ui.theme import STATIC, TABS_PLACE, build_head
from tests.ui.draw.hostile import safe
from tests.web.opened import context_of


def nothing(_: Page, __: Context) -> None:
    """Builds none."""


def test_each_has_its_folders_name_once() -> None:
    assert [tab.id for tab in TABS] == list(FOLDERS)
    assert len(set(FOLDERS)) == len(FOLDERS)
    with pytest.raises(ModuleNotFoundError):
        load_tab("nowhere")


def test_a_preset_of_each_kind_has_a_tab_that_it_opens() -> None:
    sends = {tab.id: tab.sends for tab in TABS}
    assert all(sends[kind] == kind for kind in get_args(Request))


def test_what_is_sent_has_a_field_of_the_form() -> None:
    fields = [field for tab in TABS for field in tab.fields]
    assert len(set(fields)) == len(fields)
    assert set(fields) <= set(Form.model_fields)


def test_one_without_a_composer_sends_nothing() -> None:
    for tab in TABS:
        assert tab.composer == (tab.sends is not None)
        assert ("without-composer" in tab.marks()) != (f"sends-{tab.sends}" in tab.marks())
    assert Tab(id="a", title="A", build=nothing, wire=False).marks() == ["without-wire", "sends-chat"]


def test_where_a_conversation_will_stand_each_tab_teaches() -> None:
    for tab in TABS:
        assert bool(tab.empty) == tab.talk
        if tab.empty:
            assert "Press" in safe(tab.empty).text
    assert draw_empty(TABS).count("<p ") == sum(tab.talk for tab in TABS)


def test_their_sheets_are_inside_the_pages() -> None:
    page = (STATIC / "page.css").read_text(encoding="utf-8")
    assert page.count(TABS_PLACE) == 1
    assert page.rstrip().endswith(TABS_PLACE + "\n}")  # nested: each rule weighs more than Gradio's
    head = build_head()
    for tab in TABS:
        if tab.style:
            assert tab.style.read_text(encoding="utf-8").strip() in head


async def test_the_page_sends_each_field_once_and_knows_each() -> None:
    context: Context = context_of()
    config = build_page(context).get_config_file()
    known = {*Form.model_fields} - {"params"} | {f"param.{one.name}" for one in PARAMETERS}
    send = next(e for e in config["dependencies"] if "playground.send" in str(e["js"]))
    assert len(send["inputs"]) == len(known)
    assert all(f'"{name}"' in send["js"] for name in known)


async def test_one_that_builds_other_fields_than_it_says_is_refused() -> None:
    def build(page: Page, _: Context) -> None:
        page.form["seed"] = gr.Textbox()

    with gr.Blocks(), gr.Tabs(), pytest.raises(ValueError, match=r"'a'.*\['seed'\]"):
        build_tab(Tab(id="a", title="A", build=build), Page(), context_of())
