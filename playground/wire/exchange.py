"""One request to one backend and all that happened: a fold over events.

What is kept of it is bounded: an answer that is longer ends with an error, and of what only shows how it came (raw
events, times, log-probabilities) the excess is counted and named in `left_out`.
"""

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, overload

from playground.errors import APIStatusError, PlaygroundError, StreamFailed
from playground.wire import events as ev
from playground.wire.answer import Answer
from playground.wire.growing import GrowingAnswer
from playground.wire.limits import Limits
from playground.wire.metrics import Timings, gaps
from playground.wire.prepared import PreparedRequest

MAX_NOTES = 10

T = TypeVar("T")


class Prefix(Sequence[T], Generic[T]):
    """The first `length` items of a list that only ever grows: a snapshot that copies nothing."""

    def __init__(self, items: list[T], length: int) -> None:
        self._items = items
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        """As a list: item by item."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # what it shows may be equal to another's, and is no key

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._items[i] for i in range(*index.indices(self._length))]
        return self._items[range(self._length)[index]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A delta as the stream view lists it: when, of which kind, what, and in which chunk (from 0)."""

    at_s: float
    kind: str
    text: str
    chunk: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A snapshot; the last one of a run has `done`.

    Attributes:
        request: the very bytes that were sent.
        status_code, reason, response_headers, request_headers: None or () until the response begins.
        answers: one for each choice, in order; at least one.
        chunks: the raw `data` of each event, or the one body, with its time.
        dropped_chunks: how many were not kept because they were too much.
        pieces: the deltas with their times.
        kept_bytes: about how much memory chunks, pieces and log-probabilities take.
        left_out: what was too much to be kept, and what was not understood, each in a sentence.
        error: why it ended early; what had come stays in `answers`.
        stopped: the person ended it.
    """

    request: PreparedRequest
    status_code: int | None = None
    reason: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    id: str | None = None
    model: str | None = None
    answers: tuple[Answer, ...] = (Answer(),)
    usage: dict[str, Any] | None = None
    timings: Timings = field(default_factory=Timings)
    chunks: Sequence[ev.ChunkReceived] = ()
    dropped_chunks: int = 0
    pieces: Sequence[Piece] = ()
    kept_bytes: int = 0
    left_out: tuple[str, ...] = ()
    error: PlaygroundError | None = None
    stopped: bool = False
    done: bool = False

    @property
    def answer(self) -> Answer:
        """The first choice."""
        return self.answers[0]

    @property
    def finish_reason(self) -> str | None:
        """The first choice's `finish_reason`."""
        return self.answer.finish_reason

    @property
    def request_id(self) -> str | None:
        """`x-request-id`, or what the error says of it."""
        for name, value in self.response_headers:
            if name.lower() == "x-request-id":
                return value
        if isinstance(self.error, APIStatusError):
            return self.error.request_id
        if isinstance(self.error, StreamFailed):
            nested = self.error.metadata.get("metadata")
            found = self.error.metadata.get("request_id") or (
                nested.get("request_id") if isinstance(nested, dict) else None
            )
            return None if found is None else str(found)
        return None

    def stop(self, at_s: float | None = None) -> "Exchange":
        """This snapshot as the end: the person stopped it."""
        end = at_s if at_s is not None else self.timings.last_delta_s
        return replace(self, stopped=True, done=True, timings=replace(self.timings, e2e_s=end, itl_s=self._gaps()))

    def _gaps(self) -> tuple[float, ...]:
        """The gaps between the chunks seen so far; the builder counts them only at the end."""
        first_of_chunk = {piece.chunk: piece.at_s for piece in reversed(self.pieces)}
        return gaps(sorted(first_of_chunk.values()))

    def fail(self, error: PlaygroundError) -> "Exchange":
        """This snapshot as the end, with an error."""
        return replace(self, error=error, done=True)


class ExchangeBuilder:
    """Takes events one by one and gives snapshots. Pure: times come with the events."""

    def __init__(self, request: PreparedRequest) -> None:
        self._base = Exchange(request)
        self._choices: dict[int, GrowingAnswer] = {0: GrowingAnswer()}
        self._chunks: list[ev.ChunkReceived] = []
        self._pieces: list[Piece] = []
        self._times: list[float] = []
        self._last_delta_s: float | None = None
        self._limits = Limits()
        self._n_chunks = 0
        self._timings: dict[str, Any] = {}
        self._fields: dict[str, Any] = {}
        self._not_understood: list[str] = []
        self._n_not_understood = 0

    def apply(self, event: ev.StreamEvent) -> None:
        """Take one event; times must not run backwards. After one that was too much, no more is taken (`ended`)."""
        if self.ended:
            return
        if isinstance(event, ev.Delta):
            error = self._limits.take(event)
            if error is None:
                self._said(event)
            else:
                self._end(event.at_s, error=error)
        elif isinstance(event, ev.Connected | ev.ResponseStarted | ev.FirstByte):
            self._begun(event)
        else:
            self._told(event)

    def _said(self, event: ev.Delta) -> None:
        choice = self._choice(event.choice)
        match event:
            case ev.ContentDelta():
                choice.content.add(event.text)
                self._delta(event.at_s, "content", event.text)
            case ev.ReasoningDelta():
                choice.think(event)
                self._delta(event.at_s, "reasoning", event.text)
            case ev.RefusalDelta():
                choice.refusal.add(event.text)
                self._delta(event.at_s, "content", event.text)
            case ev.ToolCallDelta():
                if (too_many := choice.tool_call(event)) is None:
                    self._delta(event.at_s, "tool_call", event.arguments or event.name or "")
                else:
                    self._end(event.at_s, error=too_many)

    def _begun(self, event: ev.Connected | ev.ResponseStarted | ev.FirstByte) -> None:
        match event:
            case ev.Connected():
                self._timings |= {"connect_s": event.at_s, "connection_reused": event.reused}
            case ev.ResponseStarted():
                self._timings["headers_s"] = event.at_s
                self._fields |= {
                    "status_code": event.status_code,
                    "reason": event.reason,
                    "response_headers": event.headers,
                    "request_headers": event.request_headers,
                }
            case ev.FirstByte():
                self._timings["first_byte_s"] = event.at_s

    def _told(self, event: ev.StreamEvent) -> None:  # noqa: C901, PLR0912 - one case for each event
        match event:
            case ev.ChunkReceived():
                self._n_chunks += 1
                if self._limits.keeps_chunk(event):
                    self._chunks.append(event)
            case ev.FieldsDelta():
                if self._limits.has_room(event.choice):
                    self._choice(event.choice).fields.add(event.fields)
            case ev.LogprobsDelta():
                if self._limits.keeps_logprobs(event):
                    self._choice(event.choice).logprobs.extend(event.content)
            case ev.NotUnderstood():
                self._n_not_understood += 1
                if self._n_not_understood <= MAX_NOTES:
                    self._not_understood.append(event.what)
            case ev.UsageReported():
                self._fields["usage"] = event.usage
            case ev.Identified():
                self._fields["id"] = event.id or self._fields.get("id")
                self._fields["model"] = event.model or self._fields.get("model")
            case ev.Finished():
                if self._limits.has_room(event.choice):
                    self._choice(event.choice).finish_reason = event.reason
            case ev.Completed():
                self._end(event.at_s)
            case ev.Failed():
                self._end(event.at_s, error=event.error)
            case ev.Stopped():
                self._end(event.at_s, stopped=True)
            case _:  # `apply` has taken the others
                pass

    def snapshot(self) -> Exchange:
        """What is known now."""
        usage = self._fields.get("usage") or {}
        tokens = usage.get("completion_tokens")
        done = self._fields.get("done", False)
        timings = Timings(
            **self._timings,
            last_delta_s=self._last_delta_s,
            itl_s=gaps(self._times) if done else (),
            completion_tokens=tokens if isinstance(tokens, int) else None,
        )
        return replace(
            self._base,
            **self._fields,
            answers=tuple(self._choices[i].answer() for i in self._places(done=done)),
            timings=timings,
            chunks=Prefix(self._chunks, len(self._chunks)),
            dropped_chunks=self._limits.dropped_chunks,
            pieces=Prefix(self._pieces, len(self._pieces)),
            kept_bytes=self._limits.kept_bytes,
            left_out=(*self._limits.left_out(), *self._left_out()),
        )

    def _places(self, *, done: bool) -> list[int]:
        """The choices in order; in the end without the first one, where a server has counted from 1."""
        places = sorted(self._choices)
        return places[1:] if done and len(places) > 1 and self._choices[0].is_untouched else places

    def _left_out(self) -> Iterator[str]:
        for what in self._not_understood:
            yield f"An event could not be parsed: {what}"
        if (more := self._n_not_understood - MAX_NOTES) > 0:
            yield f"{more:,} more events could not be parsed; see the raw events."
        if dropped := sum(choice.dropped_fields for choice in self._choices.values()):
            yield f"{dropped:,} pieces of the message's other fields not kept: there were too many."

    @property
    def ended(self) -> bool:
        """Whether no more events are taken."""
        return bool(self._fields.get("done"))

    @property
    def begun(self) -> bool:
        """Whether any delta with something in it has come."""
        return bool(self._pieces)

    @property
    def finished(self) -> bool:
        """Whether any choice has its `finish_reason`."""
        return any(choice.finish_reason for choice in self._choices.values())

    def _choice(self, index: int) -> GrowingAnswer:
        return self._choices.setdefault(index, GrowingAnswer())

    def _delta(self, at_s: float, kind: str, text: str) -> None:
        if not text:
            return
        self._timings.setdefault(f"first_{kind}_s", at_s)
        self._last_delta_s = at_s
        if not self._limits.keeps_piece(text):
            return
        chunk = self._n_chunks - 1
        if not self._pieces or self._pieces[-1].chunk != chunk:
            self._times.append(at_s)
        self._pieces.append(Piece(at_s, kind, text, chunk))

    def _end(self, at_s: float, **fields: Any) -> None:
        self._timings["e2e_s"] = at_s
        self._fields |= {"done": True, **fields}


def fold(request: PreparedRequest, events: Iterable[ev.StreamEvent]) -> Exchange:
    """The exchange that these events make."""
    builder = ExchangeBuilder(request)
    for event in events:
        builder.apply(event)
    return builder.snapshot()
