"""The conversation's events: an exchange has ended, a turn is taken back or changed, images come and go."""

import json
from functools import partial
from secrets import token_hex
from typing import Any

import gradio as gr

from playground.app.context import Context
from playground.app.conversations import Conversation, text_of
from playground.ui.draw.images import draw_attached
from playground.ui.draw.stream import draw_stream
from playground.ui.draw.turns import draw_conversation
from playground.ui.draw.wire import draw_wire
from playground.ui.handlers.visitor import visitor

DRAW_S = 1.0  # of one answer; beyond it stands as plain text


class ConversationHandlers:
    """Changes one browser tab's conversation, which the server keeps, and draws it again."""

    def __init__(self, context: Context, empty: str = "") -> None:
        self._context = context
        self._empty = empty  # the HTML of one that has not begun

    def open(self, request: gr.Request, conversation_id: str) -> tuple[Any, ...]:
        """The page was opened or reloaded: what the conversation was, it is again."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        return conversation_id, *self._panels(request, conversation), draw_attached(conversation.images)

    def commit(self, request: gr.Request, conversation_id: str) -> tuple[Any, ...]:
        """An exchange has ended: the conversation as the server kept it.

        With it goes the message that has its answer, and what is to stand in its place, as JSON: the page takes it out
        of the field unless something else was typed meanwhile. One without an answer stays.
        """
        conversation = self._context.conversation(conversation_id, visitor(request))
        loop = conversation.last_loop()
        answered = bool(loop) and not loop[-1].failed
        sent = text_of(loop[0].message) if loop and loop[0].message else ""
        taken = ""
        if answered:
            taken, conversation.aside = json.dumps({"sent": sent, "next": conversation.aside}), ""
        return *self._panels(request, conversation), taken, draw_attached(conversation.images)

    def redraw(self, request: gr.Request, conversation_id: str) -> tuple[Any, ...]:
        """A call was decided about; what is typed stays."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        return *self._panels(request, conversation), draw_attached(conversation.images)

    def edit(self, request: gr.Request, conversation_id: str, event: gr.EventData) -> tuple[str, str]:
        """A message or an answer was changed; the wire pane follows."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        conversation.edit(int(event.turn), event.part, event.text)
        return self._drawn(request, conversation), token_hex(4)

    def retry(self, request: gr.Request, conversation_id: str, message: str, turn: str) -> tuple[str, str, str]:
        """Take a turn and all after it back, and give its message to be sent again; what is typed waits."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        text = conversation.cut_from(int(turn)) or message
        conversation.aside = message if message != text else ""
        return self._drawn(request, conversation), text, draw_attached(conversation.images)

    def undo(self, request: gr.Request, conversation_id: str, message: str) -> tuple[str, str, str]:
        """Take the last turn back; its message is typed again, where nothing is typed."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        text = conversation.cut_from(len(conversation.turns) - 1)
        typed = message if message and message != text else conversation.aside or text
        conversation.aside = ""
        return self._drawn(request, conversation), typed, draw_attached(conversation.images)

    def clear(self, request: gr.Request, conversation_id: str) -> tuple[Any, ...]:
        """Begin anew; what is typed stays."""
        self._context.conversation(conversation_id, visitor(request)).clear()
        return self.redraw(request, conversation_id)

    def bring_back(self, request: gr.Request, conversation_id: str) -> tuple[Any, ...]:
        """What was cleared stands again."""
        self._context.conversation(conversation_id, visitor(request)).bring_back()
        return self.redraw(request, conversation_id)

    def attached(self, request: gr.Request, conversation_id: str) -> str:
        """Images have come (`web/routes/images.py`): those that wait for the next message."""
        return draw_attached(self._context.conversation(conversation_id, visitor(request)).images)

    def detach(self, request: gr.Request, conversation_id: str, index: str) -> str:
        """Let one image go."""
        conversation = self._context.conversation(conversation_id, visitor(request))
        conversation.images[int(index) : int(index) + 1] = []
        return draw_attached(conversation.images)

    def _drawn(self, request: gr.Request, conversation: Conversation) -> str:
        do = partial(self._context.workers.do, who=visitor(request) or "", timeout_s=DRAW_S)
        return draw_conversation(conversation, do, self._empty)

    def _panels(self, request: gr.Request, conversation: Conversation) -> tuple[str, ...]:
        return draw_panels(conversation, self._drawn(request, conversation))


def draw_panels(conversation: Conversation, drawn: str) -> tuple[str, ...]:
    """What an exchange changes, in the order of `PANELS`; `drawn` is the conversation itself."""
    last, count = conversation.last, len(conversation.exchanges)
    return drawn, draw_stream(last), *draw_wire(last, count - 1, count)
