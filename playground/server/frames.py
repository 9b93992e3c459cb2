"""What a snapshot adds to the one before it, as JSON frames for the page's live pane.

{"status": code}                          the response has begun
{"reasoning": text}
{"open": text}                            more of the block that is still open
{"closed": html, "tail": text}            a block is finished; what follows it is open
{"tree": [op, …]}                         a JSON answer: see `tree_op`
{"violations": [message, …]}              rules that the JSON breaks so far
{"calls": [[index, name, arguments], …]}  more of these tool calls
{"pieces": [[n, at_ms, gap_ms, kind, text], …], "count": n}
"""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import orjson
from starlette.responses import StreamingResponse

from playground.markup.blocks import BlockStream, Closed, Open, Patch
from playground.schema.engine import Schema
from playground.schema.live import LiveValidator
from playground.schema.partial import PartialJson
from playground.schema.partial_ops import Begin, Broken, End, Noise, Op, Text
from playground.wire.exchange import Exchange

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
MAX_PIECES = 60  # rows of one frame; a screen shows no more

Frame = dict[str, Any]


class Changes:
    """Compares each snapshot with the last.

    Args:
        pieces: whether the stream is listed piece by piece.
        json: whether the answer is drawn as a tree.
        schema: what that JSON is checked against as it grows; None where there is no schema that can be used.
    """

    def __init__(self, *, pieces: bool = False, json: bool = False, schema: Schema | None = None) -> None:
        self._blocks = BlockStream()
        self._parser = PartialJson() if json else None
        self._validator = LiveValidator(schema) if json and schema is not None else None
        self._with_pieces = pieces
        self._began = False
        self._content = self._reasoning = self._pieces = 0
        self._calls: dict[int, tuple[str, int]] = {}

    def since(self, exchange: Exchange) -> Iterator[Frame]:
        """The frames of this snapshot."""
        answer = exchange.answer
        if not self._began and exchange.status_code is not None:
            self._began = True
            yield {"status": exchange.status_code}
        if len(answer.reasoning) > self._reasoning:
            yield {"reasoning": answer.reasoning[self._reasoning :]}
            self._reasoning = len(answer.reasoning)
        if len(answer.content) > self._content:
            yield from self._text(answer.content[self._content :])
            self._content = len(answer.content)
        if calls := list(self._new_in_calls(exchange)):
            yield {"calls": calls}
        if self._with_pieces and len(exchange.pieces) > self._pieces:
            yield {"pieces": self._rows(exchange), "count": len(exchange.pieces)}
            self._pieces = len(exchange.pieces)

    def _text(self, text: str) -> Iterator[Frame]:
        if self._parser is None:
            yield from map(_patch, self._blocks.feed(text))
            return
        ops = self._parser.feed(text)
        if drawn := [drawn for op in ops for drawn in tree_op(op)]:
            yield {"tree": drawn}
        if self._validator is not None and (found := self._validator.apply(ops)):
            yield {"violations": [violation.message for violation in found]}

    def _new_in_calls(self, exchange: Exchange) -> Iterator[list[Any]]:
        for index, call in enumerate(exchange.answer.tool_calls):
            name, length = self._calls.get(index, ("", 0))
            if call.name != name or len(call.arguments) > length:
                yield [index, call.name, call.arguments[length:]]
                self._calls[index] = (call.name, len(call.arguments))

    def _rows(self, exchange: Exchange) -> list[list[Any]]:
        first = max(self._pieces, len(exchange.pieces) - MAX_PIECES)
        rows = []
        for i in range(first, len(exchange.pieces)):
            piece = exchange.pieces[i]
            gap = piece.at_s - exchange.pieces[i - 1].at_s if i else None
            rows.append([i + 1, round(piece.at_s * 1000, 1), gap and round(gap * 1000, 1), piece.kind, piece.text])
        return rows


def stream(frames: AsyncGenerator[Frame, None]) -> StreamingResponse:
    """Frames as server-sent events."""
    encoded = (b"data: " + orjson.dumps(frame) + b"\n\n" async for frame in frames)
    return StreamingResponse(encoded, media_type="text/event-stream", headers=HEADERS)


def tree_op(op: Op) -> Iterator[list[Any]]:
    """An operation for the page: `[b, kind, key]`, `[t, text]`, `[e, size or value]`, `[n, noise]`, `[x, message]`."""
    match op:
        case Begin(kind, key):
            yield ["b", kind, key]
        case Text(fragment):
            yield ["t", fragment]
        case End(kind, value, size):
            yield ["e", size if size is not None else value if kind in {"boolean", "null"} else None]
        case Noise(text):
            yield ["n", text]
        case Broken(message):
            yield ["x", message]


def _patch(patch: Patch) -> Frame:
    match patch:
        case Open(text):
            return {"open": text}
        case Closed(html, tail):
            return {"closed": html, "tail": tail}
