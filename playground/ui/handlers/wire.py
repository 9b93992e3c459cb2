"""The wire pane's events."""

from functools import partial
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError
from playground.server.context import Context
from playground.server.form import Form
from playground.snippets import render_snippet
from playground.snippets.loop import render_loop
from playground.ui.draw.text import Do
from playground.ui.draw.wire import draw_problem, draw_sent, draw_snippet, draw_wire
from playground.ui.handlers.latest import Latest
from playground.ui.handlers.visitor import visitor
from playground.ui.parts import FORM

COLOUR_S = 0.5  # of one snippet; beyond it stands without colours
VIEWS = {"curl": "curl", "python": "Python", "loop-curl": "loop.sh", "loop-python": "loop.py"}
LOOPS = {"loop-curl": "curl", "loop-python": "python"}


class WireHandlers:
    """What the form stands for now, as code."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest = Latest()

    def step(self, request: gr.Request, conversation_id: str, turn: str) -> tuple[str, ...]:
        """Another of the conversation's exchanges is to be looked at."""
        exchanges = self._context.conversation(conversation_id, visitor(request)).exchanges
        index = min(max(int(turn), 0), len(exchanges) - 1)
        return draw_wire(exchanges[index] if exchanges else None, index, len(exchanges))

    def snippet(self, request: gr.Request, language: str, *values: Any) -> list[Any]:
        """The snippet of the language that is looked at (the others stay), and the line of parameters."""
        with self._latest.call(request.session_hash) as is_last:
            form = Form.from_values(FORM, values)
            try:
                drawn = (
                    self._loop(form, language, request) if language in LOOPS else self._request(form, language, request)
                )
            except PlaygroundError as error:
                drawn = draw_problem(error)
            if not is_last():
                return [gr.skip()] * (len(VIEWS) + 1)
            return [*(drawn if view == language else gr.skip() for view in VIEWS), draw_sent(form)]

    def _request(self, form: Form, language: str, request: gr.Request) -> str:
        prepared = self._context.prepare(form, visitor(request))
        return draw_snippet(language, render_snippet(prepared, language), do=self._do(request))

    def _loop(self, form: Form, view: str, request: gr.Request) -> str:
        """All requests of the loop that ran last, the recorded results in them, as one script."""
        turns = self._context.conversation(form.conversation, visitor(request)).last_loop()
        requests = [turn.exchange.request for turn in turns if turn.exchange and turn.exchange.request.url]
        return draw_snippet(view, render_loop(requests, LOOPS[view]), LOOPS[view], self._do(request))

    def _do(self, request: gr.Request) -> Do:
        return partial(self._context.workers.do, who=visitor(request) or "", timeout_s=COLOUR_S)
