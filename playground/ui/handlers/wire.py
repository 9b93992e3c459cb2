"""The wire pane: what the form stands for now, as code, and another of the conversation's exchanges."""

from functools import partial

import gradio as gr

from playground.app.context import Context
from playground.errors import PlaygroundError, TooMuchWork
from playground.ui.draw.wire import draw_problem, draw_requests, draw_sent, draw_wire, is_quick
from playground.ui.handlers.visitor import visitor
from playground.web.routes.snippet import Asked, Drawn

COLOUR_S = 0.5  # of one snippet; beyond it stands without colours


class WireHandlers:
    """What the wire pane shows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def step(self, request: gr.Request, conversation_id: str, turn: str) -> tuple[str, ...]:
        """Another of the conversation's exchanges is to be looked at."""
        exchanges = self._context.conversation(conversation_id, visitor(request)).exchanges
        index = min(max(int(turn), 0), len(exchanges) - 1)
        return draw_wire(exchanges[index] if exchanges else None, index, len(exchanges))

    async def snippet(self, asked: Asked, who: str | None) -> Drawn:
        """The snippet, or why there is none; and the line of parameters. It is for the route of that name."""
        try:
            code = await self._code(asked, who)
        except PlaygroundError as error:
            code = draw_problem(error)
        return Drawn(code=code, sent=draw_sent(asked))

    async def _code(self, asked: Asked, who: str | None) -> str:
        if asked.replay:
            turns = self._context.conversation(asked.conversation, who).last_loop()
            requests = [turn.exchange.request for turn in turns if turn.exchange and turn.exchange.request.url]
        else:
            requests = [(await self._context.build_apart(asked, who)).prepared]
        draw = partial(draw_requests, requests, asked.language, replay=asked.replay)
        if is_quick(requests, asked.language):
            return draw()
        run = partial(self._context.workers.run, who=who or "")
        try:
            return await run(draw, timeout_s=COLOUR_S)
        except TooMuchWork:
            return await run(partial(draw, colours=False))
