"""Chat: a conversation of several turns. The conversation itself stands below the tabs, since several share it."""

import gradio as gr

from playground.server.context import Context
from playground.ui.components import Talk
from playground.ui.draw.turns import EMPTY
from playground.ui.handlers.conversation import ConversationHandlers
from playground.ui.parts import QUICK, Page
from playground.ui.preset_row import build_presets


def build_chat(page: Page, context: Context) -> gr.Tab:
    """The presets."""
    tab: gr.Tab
    with gr.Tab("Chat", id="chat", render_children=True) as tab:
        build_presets(page, context)
    return tab


def build_talk(page: Page) -> None:
    """The conversation."""
    page.parts["talk"] = Talk(EMPTY, elem_id="talk")


def connect_chat(page: Page, handlers: ConversationHandlers) -> None:
    """A press on one of the conversation's own links."""
    talk = page.parts["talk"]
    talk.click(handlers.edit, page.form["conversation"], [talk, page.parts["again"]], **QUICK)
