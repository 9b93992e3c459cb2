"""The conversation, which stands below the tabs: several of them share it."""

from playground.ui.components import Talk
from playground.ui.handlers.conversation import ConversationHandlers
from playground.ui.parts import QUICK, Page


def build_talk(page: Page) -> None:
    """The conversation."""
    page.parts["talk"] = Talk(page.empty, elem_id="talk")


def connect_talk(page: Page, handlers: ConversationHandlers) -> None:
    """A press on one of the conversation's own links."""
    talk = page.parts["talk"]
    talk.click(handlers.edit, page.form["conversation"], [talk, page.parts["again"]], **QUICK)
