"""Bytes to server-sent events, with no I/O.

The splitting is httpx-sse's, which ends a line at CR, LF or CRLF and at nothing else (HTML Standard, section
9.2 "Server-sent events"); `str.splitlines` would split at U+2028 too. Here is what a stream of bytes adds:
UTF-8 across chunks, and a bound on the length of one event.
"""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from httpx_sse import SSEError
from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from playground.errors import StreamProtocolError

MAX_EVENT_BYTES = 8 * 2**20
PIECE_BYTES = 16 * 2**10  # the bound is checked after each piece of this size, however much is fed at once


class ServerSentEvent(NamedTuple):
    """One event: its `data`, and its name, "message" where it has none."""

    data: str
    name: str


class EventDecoder:
    """Feed it bytes as they arrive; it gives back each complete event that has data, in order."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._text = codecs.getincrementaldecoder("utf-8-sig")()  # a BOM at the start is not part of the stream
        self._lines = SSELineDecoder()
        self._events = SSEDecoder()
        self._max = max_event_bytes
        self._pending = 0
        self._inside = False

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """The events that `data` completes.

        Raises:
            StreamProtocolError: bytes that are not UTF-8, or an event longer than the bound.
        """
        for start in range(0, len(data), PIECE_BYTES):
            yield from self._piece(data[start : start + PIECE_BYTES])

    def _piece(self, data: bytes) -> Iterator[ServerSentEvent]:
        try:
            text = self._text.decode(data)
        except UnicodeDecodeError as error:
            before = bytes(error.object[: error.start]).decode()  # what stood complete before the fault is kept
            for line in self._lines.decode(before) if before else ():
                yield from self._line(line)
            raise StreamProtocolError(
                f"The stream contains bytes that are not UTF-8 ({error.reason}).",
                excerpt=repr(bytes(error.object[max(0, error.start - 20) : error.end + 20])),
            ) from None
        self._pending += len(data)
        if text:
            for line in self._lines.decode(text):
                yield from self._line(line)
        if self._pending > self._max:
            raise StreamProtocolError(
                f"One event of the stream is longer than {self._max:,} bytes.",
                advice="If such events are expected, raise PLAYGROUND_MAX_EVENT_BYTES.",
            )

    def finish(self) -> Iterator[ServerSentEvent]:
        """The event that stood complete at the end without its blank line, if there is one.

        Raises:
            StreamProtocolError: the stream ended inside a UTF-8 character.
        """
        if self._text.getstate()[0]:
            raise StreamProtocolError("The stream ended in the middle of a UTF-8 character.")
        for line in [*self._lines.flush(), ""]:
            yield from self._line(line)

    def _line(self, line: str) -> Iterator[ServerSentEvent]:
        try:
            event = self._events.decode(line)
        except SSEError as error:  # pragma: no cover - httpx-sse declares it, today's decoder never raises it
            raise StreamProtocolError(str(error)) from error
        if line == "":
            self._pending, self._inside = 0, False
        elif not line.startswith(":"):
            self._inside = True
        elif not self._inside:  # a comment between events; one inside an event does not make that shorter
            self._pending = 0
        if event is not None and event.data:
            yield ServerSentEvent(event.data, event.event)
