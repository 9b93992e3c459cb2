"""Bodies: a request's in pieces; a response's as it arrives, and the events that it makes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import aiohttp
import httpx

from playground.client.failures import timed_out, words
from playground.client.sniff import rest_of, sniff
from playground.client.timeouts import Timeouts
from playground.client.unpack import unpacker
from playground.errors import PlaygroundError, StreamInterrupted, StreamProtocolError
from playground.slices import Slices
from playground.wire import events as ev
from playground.wire.api import Api
from playground.wire.masking import EventMask
from playground.wire.parse import MAX_SHOWN
from playground.wire.reported import error_of_event
from playground.wire.sse import EventDecoder, ServerSentEvent
from playground.wire.values import cut

SAYING = (ev.ContentDelta, ev.ReasoningDelta, ev.RefusalDelta, ev.ToolCallDelta, ev.FieldsDelta, ev.Finished)
MAX_BODY_BYTES = 16 * 2**20  # a quarter of it is the answer's text at most, as `wire.limits` has it
PIECE_BYTES = 256 * 2**10
DRAIN_S = 0.1


Parse = Callable[[str, float], Iterator[ev.StreamEvent]]


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """A large body bit by bit: written at once, it would hold up every other stream."""
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


async def read_bytes(response: httpx.Response, url: str, timeouts: Timeouts) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, each wait with its deadline.

    A fast server keeps a buffer full, and reading that never waits: others have their turn in between.

    Raises:
        StreamInterrupted: it broke off. RequestTimeout: nothing came in time.
        StreamProtocolError: it is packed in a way that is not read.
    """
    phase, limit_s = "first_byte", timeouts.first_byte_s
    iterator, slices = response.aiter_raw(), Slices()
    unpack = unpacker(response.headers.get("content-encoding", ""))
    while True:
        try:
            async with asyncio.timeout(limit_s):
                data = await anext(iterator, None)
        except TimeoutError:
            raise timed_out(url, phase, limit_s) from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise StreamInterrupted(
                f"The connection broke before the answer was complete ({words(error)}).",
                advice="What was received until then is kept. Try again.",
            ) from error
        if data is None:
            return
        phase, limit_s = "between_chunks", timeouts.between_chunks_s
        for piece in unpack(data):
            yield piece
            await slices.rest()


async def answer_events(
    chunks: AsyncIterator[bytes],
    response: httpx.Response,
    now: Callable[[], float],
    masked: EventMask,
    *,
    api: Api,
    n: int,
    max_event_bytes: int,
) -> AsyncGenerator[ev.StreamEvent, None]:
    """The events of an answer of `api` with `n` choices, whichever way it comes; `masked` may hold some back.

    Raises:
        StreamInterrupted: it ended before the server said so. StreamFailed: it reports an error.
        StreamProtocolError: it is not a chat completion, holds no answer, or is too long.
    """
    kind, read = await sniff(chunks, response.headers.get("content-type", ""))
    body = rest_of(read, chunks)
    parse = partial(api.read_chunk if kind == "stream" else api.read_body, one_choice=n == 1)
    events = (
        _stream_events(body, _Stream(parse, api.is_done), now, max_event_bytes, masked)
        if kind == "stream"
        else _whole_events(body, parse, response, now, masked)
    )
    said = False
    async with aclosing(events):
        async for event in events:
            said = said or isinstance(event, SAYING)
            yield event
    for event in masked.flush():
        said = said or isinstance(event, SAYING)
        yield event
    if not said:
        raise StreamProtocolError(
            "The server said that the response is complete, but it is empty: no text, no tool call, no finish_reason.",
            advice="The raw events show what it sent instead. Try again, or ask the server's operator.",
        )


async def _stream_events(
    chunks: AsyncIterator[bytes], stream: "_Stream", now: Callable[[], float], max_event_bytes: int, masked: EventMask
) -> AsyncGenerator[ev.StreamEvent, None]:
    decoder = EventDecoder(max_event_bytes)
    done = first = False
    async for data in chunks:
        at_s = now()
        if not first:
            first = True
            yield ev.FirstByte(at_s)
        for sent in decoder.feed(data):
            for event in masked.feed(stream.events_of(sent, at_s)):
                yield event
            if stream.is_done(sent.data):
                done = True
                break
        if done:
            return
    for sent in decoder.finish():
        for event in masked.feed(stream.last_events_of(sent, now())):
            yield event
        done = done or stream.is_done(sent.data)
    if not (masked.finished or done):
        raise StreamInterrupted(
            "The stream ended before the server marked it as finished.",
            advice="What was received until then is kept. Try again.",
        )


@dataclass(frozen=True, slots=True)
class _Stream:
    """How the events of a stream are read, and what ends it."""

    parse: Parse
    is_done: Callable[[str], bool]

    def events_of(self, sent: ServerSentEvent, at_s: float) -> Iterator[ev.StreamEvent]:
        yield ev.ChunkReceived(at_s, sent.data)
        if self.is_done(sent.data):
            return
        if "error" in sent.name.lower() or "exception" in sent.name.lower():
            raise error_of_event(sent.data)
        if sent.name == "message" or sent.data.lstrip().startswith("{"):
            yield from self.parse(sent.data, at_s)
        else:  # a beat of some server's own
            yield ev.NotUnderstood(at_s, cut(f"{sent.name}: {sent.data}", MAX_SHOWN))

    def last_events_of(self, sent: ServerSentEvent, at_s: float) -> Iterator[ev.StreamEvent]:
        """The events of a chunk without its blank line: a whole one, or one that the end cut off."""
        try:
            yield from self.events_of(sent, at_s)
        except StreamProtocolError as error:
            raise StreamInterrupted(
                "The stream ended in the middle of an event.",
                advice="What was received until then is kept. Try again.",
            ) from error


async def _whole_events(
    chunks: AsyncIterator[bytes],
    parse: Parse,
    response: httpx.Response,
    now: Callable[[], float],
    masked: EventMask,
) -> AsyncGenerator[ev.StreamEvent, None]:
    body = bytearray()
    async for data in chunks:
        if not body:
            yield ev.FirstByte(now())
        body += data
        if len(body) > MAX_BODY_BYTES:
            raise StreamProtocolError(
                f"The response is longer than {MAX_BODY_BYTES:,} bytes, which is the limit.",
                advice="Ask for a shorter one with max_tokens, or with fewer logprobs.",
            )
    at_s = now()
    text = body.decode("utf-8", errors="replace").removeprefix("\ufeff")
    body.clear()
    try:
        for event in masked.feed(_completion_events(text, parse, at_s)):
            yield event
    except StreamProtocolError as error:
        kind = response.headers.get("content-type", "no content type")
        raise StreamProtocolError(
            f"The server answered {response.status_code} with something that is not a chat completion "
            f"({kind}): {error.message}",
            excerpt=error.excerpt or text,
            advice="Check that the base URL belongs to an OpenAI-compatible API (it usually ends in /v1).",
        ) from error


def _completion_events(text: str, parse: Parse, at_s: float) -> Iterator[ev.StreamEvent]:
    yield ev.ChunkReceived(at_s, text)
    yield from parse(text, at_s)


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Take the end of the response's framing, which may come just after `[DONE]`: so the connection can be reused."""
    try:
        async with asyncio.timeout(DRAIN_S):
            async for _ in chunks:
                pass
    except (PlaygroundError, TimeoutError):
        pass  # the answer is complete; the connection is closed instead


async def read_error(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """At most `limit` bytes of an error's body; a body that breaks off is used as far as it came."""
    body = bytearray()
    try:
        async for data in chunks:
            body += data
            if len(body) >= limit:
                break
    except PlaygroundError:
        pass
    return bytes(body[:limit])
