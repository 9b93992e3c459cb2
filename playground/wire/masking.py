"""Events without secrets, also where a key comes in pieces: between the parser and whatever keeps events. Pure.

A delta whose text may end in the beginning of a key waits, with all that comes after it, until more of its text has
come; times stay those of the arrival. So of a key in pieces at most the first `HELD_FROM - 1` characters are seen, and
events without any of it pass as they are. What is told of a raw event that held a piece is only that it did.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from playground.errors import PlaygroundError
from playground.wire import events as ev
from playground.wire.mask import HELD_FROM, MIN_KEY_LENGTH, Beginning, Mask, Span, splice
from playground.wire.shapes import texts_of, with_texts

MOST_WAITING = 64  # events; one more, and all go on
MOST_WAITING_CHARACTERS = 256 * 2**10

_Key = tuple[str, int, int]  # which text: its kind, its choice, its call


class EventMask:
    """Takes the events of each raw event of a stream, and gives them back masked.

    Args:
        mask: what is looked for.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._channels: dict[_Key, _Channel] = {}  # those that may be amid a key
        self._held: set[_Channel] = set()
        self._waiting: deque[_Batch] = deque()
        self._size = 0
        self._count = 0
        self._number = 0
        self._named = ev.Identified(0.0, None, None), (None, None)
        self.finished = False

    def feed(self, events: Iterable[ev.StreamEvent]) -> Iterator[ev.StreamEvent]:
        """The events that may go on, in order; those of one raw event are given together.

        `finished` says whether a `Finished` was among all that came. What reading the events raises is raised after
        those before it.
        """
        if not self._mask:
            for event in events:
                self.finished = self.finished or isinstance(event, ev.Finished)
                yield event
            return
        taken: list[ev.StreamEvent] = []
        failure: PlaygroundError | None = None
        try:
            taken.extend(events)
        except PlaygroundError as error:  # `extend` has kept what came before it
            failure = error
        if not self._waiting and self._are_plain(taken):
            yield from taken  # nearly always
        else:
            batch = _Batch(self._number)
            self._number += 1
            self._waiting.append(batch)
            for event in taken:
                self._take(batch, event)
            yield from self._ready()
        if failure is not None:
            raise failure

    def _are_plain(self, events: Iterable[ev.StreamEvent]) -> bool:
        """Whether there is nothing to hide in these events, nor to hold back; False where that takes a closer look."""
        tails: dict[_Key, str] = {}
        for event in events:
            if isinstance(event, ev.ChunkReceived):
                if self._mask.find(event.data):
                    return False
            elif isinstance(event, ev.ContentDelta | ev.ReasoningDelta | ev.RefusalDelta):
                key = (type(event).__name__, event.choice, 0)
                tail = self._tail_after(key, event.text) if key not in tails else None
                if tail is None:
                    return False
                tails[key] = tail
            elif not isinstance(event, ev.Identified) or self._identified(event) is not event:
                return False
        for key, tail in tails.items():
            if tail:
                self._channels.setdefault(key, _Channel(self._mask)).tail = tail
            else:
                self._channels.pop(key, None)
        return True

    def _tail_after(self, key: "_Key", text: str) -> str | None:
        """What is to be remembered after a text: the few characters that may begin a key; None: a key, or more."""
        before = self._channels.get(key)
        if before is None and self._mask.is_clear(text):
            return ""
        text = before.tail + text if before else text
        if self._mask.find(text):
            return None
        beginning = self._mask.beginning(text)
        if beginning is None:
            return ""
        return text[beginning.start :] if beginning.matched < HELD_FROM else None

    def flush(self) -> Iterator[ev.StreamEvent]:
        """All that waits: the texts have ended. Of a key that was cut off, half or more is masked."""
        self._settle()
        yield from self._ready()

    def _settle(self) -> None:
        for channel in self._held:
            channel.settle()
        self._held.clear()

    def _ready(self) -> list[ev.StreamEvent]:
        if self._count > MOST_WAITING or self._size > MOST_WAITING_CHARACTERS:
            self._settle()
        if not self._held and len(self._waiting) == 1:
            return self._waiting.popleft().release()
        first = min((channel.waits_for for channel in self._held), default=self._number)
        ready: list[ev.StreamEvent] = []
        while self._waiting and self._waiting[0].number < first:
            ready += self._waiting.popleft().release()
        self._count = sum(len(batch.events) for batch in self._waiting)
        self._size = sum(batch.size for batch in self._waiting)
        return ready

    def _take(self, batch: "_Batch", event: ev.StreamEvent) -> None:
        """Mask what is whole in an event, and look at those of its texts that may go on in the next."""
        if isinstance(event, ev.ChunkReceived):
            data = self._mask.text(event.data)
            batch.raw_is_masked = data is not event.data
            batch.size += len(data)
        event = self._masked(event)
        match event:
            case ev.ContentDelta() | ev.ReasoningDelta() | ev.RefusalDelta():
                self._piece(batch, type(event).__name__, event.choice, 0, event.text)
            case ev.ToolCallDelta():
                for kind, text in _texts_of_call(event):
                    self._piece(batch, kind, event.choice, event.index, text, of_several=True)
            case ev.FieldsDelta():
                for path, text in texts_of(event.fields):
                    self._piece(batch, path, event.choice, 0, text, of_several=True)
            case ev.LogprobsDelta():
                for token in event.content:
                    self._piece(batch, "logprobs", event.choice, 0, str(token.get("token", "")), of_several=True)
            case ev.Finished():
                self.finished = True
            case _:
                pass
        batch.events.append(event)

    def _masked(self, event: ev.StreamEvent) -> ev.StreamEvent:
        """The event without the keys that stand whole in it, but in the texts that `_piece` looks at."""
        mask = self._mask
        changed: dict[str, Any] = {}
        match event:
            case ev.ChunkReceived():
                changed = {"data": mask.text(event.data)}
            case ev.ToolCallDelta() if event.id or event.name or event.extra:
                changed = mask.value({"id": event.id, "name": event.name, "extra": event.extra})
            case ev.FieldsDelta():
                changed = {"fields": mask.value(event.fields)}
            case ev.LogprobsDelta():
                changed = {"content": tuple(mask.value(token) for token in event.content)}
            case ev.NotUnderstood():
                changed = {"what": mask.text(event.what)}
            case ev.UsageReported():
                changed = {"usage": mask.value(event.usage)}
            case ev.Identified():
                return self._identified(event)
            case ev.Finished():
                changed = {"reason": mask.text(event.reason)}
            case _:
                pass
        return replace(event, **changed) if changed else event

    def _identified(self, event: ev.Identified) -> ev.Identified:
        """Each chunk says the same: it is looked at once."""
        known, (id_, model) = self._named
        if (known.id, known.model) != (event.id, event.model):
            id_, model = self._mask.value(event.id), self._mask.value(event.model)
            self._named = event, (id_, model)
        return event if (id_, model) == (event.id, event.model) else replace(event, id=id_, model=model)

    def _piece(
        self, batch: "_Batch", kind: str, choice: int, index: int, text: str, *, of_several: bool = False
    ) -> None:
        """Look at a text of the event that comes next; one of several is told apart by its place among them."""
        if not of_several and (kind, choice, index) not in self._channels and self._mask.is_clear(text):
            return  # nothing to remember
        piece = _Piece(batch, text)
        batch.pieces.setdefault(len(batch.events), []).append(piece)
        channel = self._channels.pop((kind, choice, index), None) or _Channel(self._mask)
        channel.feed(piece)
        if channel.tail:
            self._channels[kind, choice, index] = channel
        if channel.is_held:
            self._held.add(channel)
        else:
            self._held.discard(channel)


class _Piece:
    """A text of an event, and what of it is cut out."""

    __slots__ = ("batch", "cuts", "released", "text")

    def __init__(self, batch: "_Batch", text: str) -> None:
        self.batch = batch
        self.text = text
        self.cuts: list[Span] = []
        self.released = False


class _Batch:
    """The events of one raw event, the raw one first.

    Attributes:
        pieces: by the place of their event; one for each text that may go on in the next event.
        split: what is shown in place of a key of which a piece is here; "" where there is none.
        raw_is_masked: whether the raw event held a whole key.
    """

    __slots__ = ("cut", "events", "number", "pieces", "raw_is_masked", "size", "split")

    def __init__(self, number: int) -> None:
        self.number = number
        self.events: list[ev.StreamEvent] = []
        self.pieces: dict[int, list[_Piece]] = {}
        self.split = ""
        self.cut = ""
        self.raw_is_masked = False
        self.size = 0

    def release(self) -> list[ev.StreamEvent]:
        """The events as they may be seen."""
        if not self.pieces:
            return self.events
        hidden = self.split or ("" if self.raw_is_masked else self.cut)
        for at, pieces in self.pieces.items():
            for piece in pieces:
                piece.released = True
            if any(piece.cuts for piece in pieces):
                self.events[at] = _cut(self.events[at], pieces)
        if hidden:
            notice = f"[not shown: a part of {hidden} was in it]"
            return [replace(one, data=notice) if isinstance(one, ev.ChunkReceived) else one for one in self.events]
        return self.events


def _cut(event: ev.StreamEvent, pieces: list[_Piece]) -> ev.StreamEvent:
    texts = [splice(piece.text, sorted(piece.cuts)) for piece in pieces]
    match event:
        case ev.ContentDelta() | ev.ReasoningDelta() | ev.RefusalDelta():
            return replace(event, text=texts[0])
        case ev.ToolCallDelta():
            name, arguments, *rest = texts
            extra = with_texts(event.extra, iter(rest))
            return replace(event, name=name or None, arguments=arguments, extra=extra)
        case ev.FieldsDelta():
            return replace(event, fields=with_texts(event.fields, iter(texts)))
        case ev.LogprobsDelta():
            told = zip(event.content, pieces, texts, strict=True)
            return replace(event, content=tuple(_token(token, text) if p.cuts else token for token, p, text in told))
    return event


def _texts_of_call(event: ev.ToolCallDelta) -> Iterator[tuple[str, str]]:
    """Its name, its arguments, and the strings of its other fields, each with what it is."""
    yield "name", event.name or ""
    yield "arguments", event.arguments
    for path, text in texts_of(event.extra):
        yield f"call{path}", text


def _token(token: dict[str, Any], text: str) -> dict[str, Any]:
    """A token's log-probability without what else tells it: its bytes, and what might have stood in its place."""
    return {"token": text} | ({"logprob": token["logprob"]} if "logprob" in token else {})


class _Channel:
    """A text that comes in pieces.

    Attributes:
        tail: the end of what came, which may be the beginning of a key; "" where it is none.
        is_held: whether it is long enough to wait for more.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self.tail = ""
        self._pieces: list[tuple[_Piece, int]] = []  # those of the tail that are not seen yet, and where they begin
        self._beginning: Beginning | None = None
        self.is_held = False

    @property
    def waits_for(self) -> float:
        """The number of the first batch that has to wait for this text."""
        if not self.is_held:
            return float("inf")
        return min((piece.batch.number for piece, _ in self._pieces), default=float("inf"))

    def feed(self, piece: _Piece) -> None:
        """Take the next piece."""
        if not piece.text:
            return
        self._pieces = [each for each in self._pieces if not each[0].released]
        self._pieces.append((piece, len(self.tail)))
        text = self.tail + piece.text
        after = 0
        for span in self._mask.find(text):
            self._cut(span)
            after = span.end
        found = self._mask.beginning(text[after:])
        if found is None:
            self.tail, self.is_held = "", False
            self._pieces.clear()
        else:
            start = found.start + after
            self.tail, self.is_held = text[start:], found.matched >= HELD_FROM
            ends = ((each, at, at + len(each.text)) for each, at in self._pieces)
            self._pieces = [(each, at - start) for each, at, end in ends if end > start]
        self._beginning = found

    def settle(self) -> None:
        """Nothing waits for more of this text; what has come of a key is masked if it is half of it or more."""
        found = self._beginning
        if self.is_held and found and found.matched >= max(MIN_KEY_LENGTH, found.length / 2):
            self._cut(Span(0, len(self.tail), found.shown))
        self.is_held = False

    def _cut(self, span: Span) -> None:
        """Cut it out of all pieces that are not seen yet; what is shown stands in the first of them."""
        shown = span.shown
        parts = [(piece, span.start - at, span.end - at) for piece, at in self._pieces if not piece.released]
        parts = [part for part in parts if part[1] < len(part[0].text) and part[2] > 0]
        for piece, start, end in parts:
            piece.cuts.append(Span(max(0, start), min(end, len(piece.text)), shown))
            piece.batch.cut = span.shown
            if len(parts) > 1 or start < 0:
                piece.batch.split = span.shown
            shown = ""
