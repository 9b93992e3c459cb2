"""Bodies: a request's in pieces; a response's as it arrives, and the events that it makes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

import aiohttp
import httpx

from playground.client.failures import timed_out, words
from playground.client.timeouts import Timeouts
from playground.client.unpack import unpacker
from playground.errors import PlaygroundError, StreamInterrupted, StreamProtocolError
from playground.slices import Slices
from playground.wire import events as ev
from playground.wire.masking import EventMask
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.sse import EventDecoder

DONE = "[DONE]"
MAX_BODY_BYTES = 16 * 2**20  # a quarter of it is the answer's text at most, as `wire.limits` has it
PIECE_BYTES = 256 * 2**10
DRAIN_S = 0.1


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
                advice="What had come by then is kept. Try again.",
            ) from error
        if data is None:
            return
        phase, limit_s = "between_chunks", timeouts.between_chunks_s
        for piece in unpack(data):
            yield piece
            await slices.rest()


async def stream_events(
    chunks: AsyncIterator[bytes], now: Callable[[], float], max_event_bytes: int, masked: EventMask
) -> AsyncGenerator[ev.StreamEvent, None]:
    """The events of an answer that streams; `masked` may hold some back.

    Raises:
        StreamInterrupted: it ended before the server said so. StreamProtocolError: what is no such stream.
    """
    decoder = EventDecoder(max_event_bytes)
    done = first = False
    async for data in chunks:
        at_s = now()
        if not first:
            first = True
            yield ev.FirstByte(at_s)
        for text in decoder.feed(data):
            for event in masked.feed(_events_of(text, at_s)):
                yield event
            if text == DONE:
                done = True
                break
        if done:
            return
    for text in decoder.finish():
        for event in masked.feed(_last_events_of(text, now())):
            yield event
        done = done or text == DONE
    if not (masked.finished or done):
        raise StreamInterrupted(
            "The stream ended before the server said that it was done.",
            advice="What had come by then is kept. Try again.",
        )


def _events_of(data: str, at_s: float) -> Iterator[ev.StreamEvent]:
    yield ev.ChunkReceived(at_s, data)
    if data != DONE:
        yield from parse_chunk(data, at_s)


def _last_events_of(data: str, at_s: float) -> Iterator[ev.StreamEvent]:
    """The events of a chunk without its blank line: a whole one, or one that the end cut off."""
    try:
        yield from _events_of(data, at_s)
    except StreamProtocolError as error:
        raise StreamInterrupted(
            "The stream ended in the middle of an event.",
            advice="What had come by then is kept. Try again.",
        ) from error


async def whole_events(
    chunks: AsyncIterator[bytes], response: httpx.Response, now: Callable[[], float], masked: EventMask
) -> AsyncGenerator[ev.StreamEvent, None]:
    """The events of an answer that comes whole; `masked` may hold some back.

    Raises:
        StreamProtocolError: it is no chat completion, or too long.
    """
    body = bytearray()
    async for data in chunks:
        if not body:
            yield ev.FirstByte(now())
        body += data
        if len(body) > MAX_BODY_BYTES:
            raise StreamProtocolError(
                f"The answer is longer than {MAX_BODY_BYTES:,} bytes, which is the most that is read.",
                advice="Ask for a shorter one with max_tokens, or with fewer logprobs.",
            )
    at_s = now()
    text = body.decode("utf-8", errors="replace")
    body.clear()
    try:
        for event in masked.feed(_completion_events(text, at_s)):
            yield event
    except StreamProtocolError as error:
        kind = response.headers.get("content-type", "no content type")
        raise StreamProtocolError(
            f"The server answered {response.status_code} with what is no chat completion ({kind}).",
            excerpt=error.excerpt or text,
            advice="Check that the base URL is that of an OpenAI-compatible API (it ends in /v1 as a rule).",
        ) from error


def _completion_events(text: str, at_s: float) -> Iterator[ev.StreamEvent]:
    yield ev.ChunkReceived(at_s, text)
    yield from parse_completion(text, at_s)


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
