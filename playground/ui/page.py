"""The page: its parts put together. What stands in each is in a file of its own."""

import gradio as gr

from playground.app.context import Context
from playground.ui.changes import connect_changes
from playground.ui.components import Drawn
from playground.ui.composer import build_composer, connect_composer
from playground.ui.draft import connect_draft
from playground.ui.handlers import BackendHandlers, ConversationHandlers, PresetHandlers, WireHandlers
from playground.ui.header import build_header, connect_header
from playground.ui.parts import QUICK, Page
from playground.ui.preset_row import connect_presets
from playground.ui.tab import build_tab, connect_tab, draw_empty
from playground.ui.tabs import TABS
from playground.ui.talk import build_talk, connect_talk
from playground.ui.wire_pane import build_wire, connect_wire

SEPARATOR = (
    '<div role="separator" tabindex="0" aria-orientation="vertical" aria-label="Width of the work pane" '
    'aria-valuemin="35" aria-valuemax="70" aria-valuenow="56"></div>'
)
OPEN = "() => [window.playground.conversation()]"


def build_page(context: Context) -> gr.Blocks:
    """The whole page."""
    page = Page(empty=draw_empty(TABS))
    blocks: gr.Blocks
    with gr.Blocks(title="Playground", fill_width=True, fill_height=True) as blocks:
        _hidden(page)
        build_header(page, context)
        with gr.Row(elem_id="panes", equal_height=False):
            with gr.Column(elem_id="work", min_width=0):
                with gr.Tabs(elem_id="modes") as page.parts["tabs"]:
                    for tab in TABS:
                        build_tab(tab, page, context)
                build_talk(page)
                build_composer(page)
            Drawn(SEPARATOR, js_on_load="window.playground.divider(element)", elem_id="divider", min_width=0)
            with gr.Column(elem_id="wire", min_width=0):
                build_wire(page)
        _connect(blocks, page, context)
    return blocks


def _hidden(page: Page) -> None:
    """Values that scripts and events hand on: which conversation, which tab, which turn; and bells that ring."""
    page.form["conversation"] = gr.Textbox(visible="hidden", elem_id="conversation")
    page.form["tab"] = gr.Textbox(TABS[0].sends, visible="hidden")
    for bell in ("ended", "again"):
        page.parts[bell] = gr.Textbox(visible="hidden")
    for answer in ("saved", "taken"):
        page.parts[answer] = gr.Textbox(visible="hidden")
    page.parts["tool_edit"] = gr.Textbox(visible="hidden", elem_id="tool-edit")
    for name in ("served", "looked"):
        page.parts[name] = gr.Textbox(visible="hidden", elem_id=name)
    page.parts["turn"] = gr.Textbox(visible="hidden", elem_id="turn")
    for button in ("retry", "images", "detach", "step", "decide", "fix_schema", "use_server", "bring_back"):
        page.parts[button] = gr.Button(visible="hidden", elem_id=button.replace("_", "-"))


def _connect(blocks: gr.Blocks, page: Page, context: Context) -> None:
    conversations = ConversationHandlers(context, page.empty)
    opened = [page.form["conversation"], *page.panels(), page.parts["attached"]]
    connect_draft(page, blocks)
    blocks.load(conversations.open, page.form["conversation"], opened, js=OPEN, **QUICK)
    connect_header(page, blocks, BackendHandlers(context))
    connect_wire(page, WireHandlers(context))
    connect_changes(page, blocks)
    connect_composer(page, conversations)
    connect_talk(page, conversations)
    for tab in TABS:
        connect_tab(tab, page, blocks, context)
    connect_presets(page, PresetHandlers(context, page.names(), page.empty))
