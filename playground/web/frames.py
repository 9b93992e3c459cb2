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

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any

import orjson
from starlette.responses import StreamingResponse

from playground.app.live_blocks import LiveBlocks
from playground.app.live_rules import LiveRules
from playground.app.rendering import Rendering
from playground.schema.partial import PartialJson
from playground.schema.partial_ops import Begin, Broken, End, Noise, Op, Text
from playground.slices import Slices
from playground.wire.exchange import Exchange
from playground.wire.values import cut

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
MAX_PIECES = 60  # rows of one frame; a screen shows no more
MAX_PIECE = 2_000  # characters of a row; the answer beside it has all
PART = 4 * 2**10  # characters of Markdown that are taken in one go,
JSON_PART = 512  # and of JSON, where each may be a value
MAX_VALUES = 20_000  # of a JSON answer that are drawn while it streams
NO_MORE = f"More than {MAX_VALUES:,} values: the rest is not drawn while it streams."

Frame = dict[str, Any]


class Changes:
    """Compares each snapshot with the last. Close it with `aclose()`.

    Args:
        rendering: makes HTML of finished blocks.
        who: the visitor.
        pieces: whether the stream is listed piece by piece.
        rules: of a JSON answer, which is drawn as a tree: what tells the rules that it breaks; else None.
    """

    def __init__(self, rendering: Rendering, who: str, *, pieces: bool = False, rules: LiveRules | None = None) -> None:
        self._blocks = LiveBlocks(rendering, who)
        self._parser = PartialJson() if rules is not None else None
        self._rules = rules
        self._with_pieces = pieces
        self._began = False
        self._content = self._reasoning = self._pieces = self._values = 0
        self._calls: dict[int, tuple[str, int]] = {}

    async def since(self, exchange: Exchange) -> AsyncIterator[Frame]:
        """The frames of this snapshot."""
        answer = exchange.answer
        if not self._began and exchange.status_code is not None:
            self._began = True
            yield {"status": exchange.status_code}
        if len(answer.reasoning) > self._reasoning:
            yield {"reasoning": answer.reasoning[self._reasoning :]}
            self._reasoning = len(answer.reasoning)
        text, self._content = answer.content[self._content :], len(answer.content)
        slices, part = Slices(), PART if self._parser is None else JSON_PART
        for at in range(0, len(text), part):
            async for frame in self._text(text[at : at + part]):
                yield frame
            await slices.rest()
        if self._rules is not None:
            if told := await self._rules.of(answer.content, done=exchange.done):
                yield {"violations": told}
        elif not text and (late := await self._blocks.late()):
            yield late
        if calls := list(self._new_in_calls(exchange)):
            yield {"calls": calls}
        if self._with_pieces and len(exchange.pieces) > self._pieces:
            yield {"pieces": self._rows(exchange), "count": len(exchange.pieces)}
            self._pieces = len(exchange.pieces)

    async def aclose(self) -> None:
        """End what is under way."""
        await self._blocks.aclose()
        if self._rules is not None:
            await self._rules.aclose()

    async def _text(self, text: str) -> AsyncIterator[Frame]:
        if self._parser is None:
            yield await self._blocks.feed(text)
        elif self._values <= MAX_VALUES and (ops := self._parser.feed(text)):
            self._values += sum(isinstance(op, Begin) for op in ops)
            drawn = [drawn for op in ops for drawn in tree_op(op)]
            yield {"tree": drawn if self._values <= MAX_VALUES else [*drawn, ["n", NO_MORE]]}

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
            text = cut(piece.text, MAX_PIECE)
            rows.append([i + 1, round(piece.at_s * 1000, 1), gap and round(gap * 1000, 1), piece.kind, text])
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
