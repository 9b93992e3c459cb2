"""The wire pane's events."""

from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.server.context import Context
from playground.server.form import Form
from playground.snippets import LANGUAGES, render_snippet
from playground.ui.draw.wire import draw_problem, draw_sent, draw_snippet, draw_wire
from playground.ui.handlers.visitor import visitor
from playground.ui.parts import FORM


class WireHandlers:
    """What the form stands for now, as code."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def step(self, conversation_id: str, turn: str) -> tuple[str, ...]:
        """Another of the conversation's exchanges is to be looked at."""
        exchanges = self._context.conversations.get(conversation_id).exchanges
        index = min(max(int(turn), 0), len(exchanges) - 1)
        return draw_wire(exchanges[index] if exchanges else None, index, len(exchanges))

    def snippet(self, request: gr.Request, language: str, *values: Any) -> list[Any]:
        """The snippet of the language that is looked at (the others stay), and the line of parameters."""
        form = Form.from_values(FORM, values)
        try:
            prepared = self._context.prepare(form, visitor(request))
            drawn = draw_snippet(language, render_snippet(prepared, language))
        except PlaygroundError as error:
            drawn = draw_problem(error)
        return [*(drawn if name == language else gr.skip() for name in LANGUAGES), draw_sent(form)]
