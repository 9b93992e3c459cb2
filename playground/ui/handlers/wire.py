"""The wire pane's events."""

from functools import partial
from typing import Any

import gradio as gr

from playground.errors import PlaygroundError, TooMuchWork
from playground.server.context import Context
from playground.server.form import Form
from playground.ui.draw.wire import LOOPS, draw_problem, draw_requests, draw_sent, draw_wire, is_quick
from playground.ui.handlers.latest import Latest
from playground.ui.handlers.visitor import visitor
from playground.ui.parts import FORM

COLOUR_S = 0.5  # of one snippet; beyond it stands without colours
VIEWS = {"curl": "curl", "python": "Python", "loop-curl": "loop.sh", "loop-python": "loop.py"}


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

    async def snippet(self, request: gr.Request, language: str, *values: Any) -> list[Any]:
        """The snippet of the language that is looked at (the others stay), and the line of parameters."""
        with self._latest.call(request.session_hash) as is_last:
            form = Form.from_values(FORM, values)
            try:
                drawn = await self._drawn(form, language, visitor(request))
            except PlaygroundError as error:
                drawn = draw_problem(error)
            if not is_last():
                return [gr.skip()] * (len(VIEWS) + 1)
            return [*(drawn if view == language else gr.skip() for view in VIEWS), draw_sent(form)]

    async def _drawn(self, form: Form, view: str, who: str | None) -> str:
        if view in LOOPS:
            turns = self._context.conversation(form.conversation, who).last_loop()
            requests = [turn.exchange.request for turn in turns if turn.exchange and turn.exchange.request.url]
        else:
            requests = [(await self._context.build_apart(form, who)).prepared]
        if is_quick(requests, view):
            return draw_requests(requests, view)
        run = partial(self._context.workers.run, who=who or "")
        try:
            return await run(draw_requests, requests, view, timeout_s=COLOUR_S)
        except TooMuchWork:
            return await run(partial(draw_requests, colours=False), requests, view)
