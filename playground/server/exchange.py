"""The exchange as server-sent events to our own page: what has changed since the last frame, at screen rate.

Frames are JSON objects: `{"reasoning": text}`, `{"open": text}`, `{"closed": html, "tail": text}`,
`{"pieces": [[at_ms, gap_ms, kind, text], …]}`, `{"wait": words}`, and at the end `{"end": {"ok": bool}}`.
"""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from playground.errors import PlaygroundError
from playground.markup.blocks import BlockStream, Closed, Open, Patch
from playground.run import run
from playground.server.context import Context
from playground.server.conversations import Conversation, Turn, images_of
from playground.server.form import STREAMING, Form, user_message
from playground.server.visitors import COOKIE
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest

MAX_PIECES = 60  # rows of one frame; a screen shows no more
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def exchange_routes(context: Context) -> APIRouter:
    """`POST /gradio_api/exchange`: send what the form stands for, and stream what comes back."""
    router = APIRouter(prefix="/gradio_api")

    @router.post("/exchange")
    async def exchange(form: Form, request: Request) -> StreamingResponse:
        frames = _frames(context, form, request.cookies.get(COOKIE))
        return StreamingResponse(frames, media_type="text/event-stream", headers=HEADERS)

    return router


async def _frames(context: Context, form: Form, visitor: str | None) -> AsyncIterator[bytes]:
    conversation = context.conversations.get(form.conversation)
    message = user_message(form, conversation.messages(), conversation.images)
    try:
        prepared = context.prepare(form, visitor)
        key = context.key(form, visitor)
    except PlaygroundError as error:
        nothing = PreparedRequest("POST", "", None, (), b"")
        _keep(conversation, Turn(message, Exchange(nothing).fail(error), model=form.model))
        yield _frame({"end": {"ok": False}})
        return
    last = Exchange(prepared)
    start = time.perf_counter()
    changes = _Changes(pieces=form.tab == STREAMING)
    try:
        async with aclosing(run(prepared, client=context.client, key=key)) as snapshots:
            async for last in snapshots:
                for frame in changes.since(last):
                    yield _frame(frame)
    finally:  # also when the visitor pressed Stop, or left: what was seen is kept
        if not last.done:
            last = last.stop(time.perf_counter() - start)
        _keep(conversation, Turn(message, last, model=form.model, cost=context.cost(form, last)))
    yield _frame({"end": {"ok": last.error is None}})


def _keep(conversation: Conversation, turn: Turn) -> None:
    conversation.add(turn)
    conversation.last = turn.exchange
    if turn.answered and turn.message:
        sent = images_of(turn.message)
        conversation.images = [image for image in conversation.images if image not in sent]


class _Changes:
    """What a snapshot adds to the one before, as frames."""

    def __init__(self, *, pieces: bool) -> None:
        self._blocks = BlockStream()
        self._content = 0
        self._reasoning = 0
        self._pieces = 0
        self._with_pieces = pieces
        self._began = False

    def since(self, exchange: Exchange) -> Iterator[dict[str, Any]]:
        answer = exchange.answer
        if not self._began and exchange.status_code is not None:
            self._began = True
            yield {"status": exchange.status_code}
        if len(answer.reasoning) > self._reasoning:
            yield {"reasoning": answer.reasoning[self._reasoning :]}
            self._reasoning = len(answer.reasoning)
        if len(answer.content) > self._content:
            for patch in self._blocks.feed(answer.content[self._content :]):
                yield _patch(patch)
            self._content = len(answer.content)
        if self._with_pieces and len(exchange.pieces) > self._pieces:
            yield {"pieces": self._rows(exchange), "count": len(exchange.pieces)}
            self._pieces = len(exchange.pieces)

    def _rows(self, exchange: Exchange) -> list[list[Any]]:
        first = max(self._pieces, len(exchange.pieces) - MAX_PIECES)
        rows = []
        for i in range(first, len(exchange.pieces)):
            piece = exchange.pieces[i]
            gap = piece.at_s - exchange.pieces[i - 1].at_s if i else None
            rows.append([i + 1, round(piece.at_s * 1000, 1), gap and round(gap * 1000, 1), piece.kind, piece.text])
        return rows


def _patch(patch: Patch) -> dict[str, Any]:
    match patch:
        case Open(text):
            return {"open": text}
        case Closed(html, tail):
            return {"closed": html, "tail": tail}


def _frame(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
