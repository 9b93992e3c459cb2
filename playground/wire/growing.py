"""A choice's message while it grows out of deltas."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from playground.errors import PlaygroundError
from playground.wire import events as ev
from playground.wire.answer import Answer, ToolCall
from playground.wire.limits import MAX_TOOL_CALLS, Text, too_many_calls
from playground.wire.shapes import Fields
from playground.wire.values import cut

MAX_NAME = 500  # characters
MAX_LOOKED_AT = 64 * 2**10  # characters of arguments that are read again with a fragment that may begin another call


@dataclass(slots=True)
class _Call:
    """A call while it grows."""

    index: int
    id: str | None = None
    name: str = ""
    arguments: Text = field(default_factory=Text)
    extra: Fields = field(default_factory=Fields)
    is_legacy: bool = False

    def add(self, event: ev.ToolCallDelta) -> None:
        """Take a fragment. A name may come in parts, again with each fragment, or longer each time."""
        self.id = self.id or event.id  # some servers make a new id for each fragment
        if event.name and event.name != self.name:
            self.name = event.name if event.name.startswith(self.name) else cut(self.name + event.name, MAX_NAME)
        self.arguments.add(event.arguments)
        if event.extra:
            self.extra.add(event.extra)
        self.is_legacy = self.is_legacy or event.is_legacy

    def call(self) -> ToolCall:
        """As it is now."""
        return ToolCall(self.index, self.id, self.name, str(self.arguments), self.extra.value(), self.is_legacy)

    @property
    def is_whole(self) -> bool:
        """Whether the arguments are a whole JSON object; of very long ones this is not asked at each fragment."""
        if self.arguments.length > MAX_LOOKED_AT:
            return False
        text = str(self.arguments)
        if not text.rstrip().endswith("}"):
            return False
        try:
            orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        return True


@dataclass(slots=True)
class GrowingAnswer:
    """One choice while its message grows."""

    content: Text = field(default_factory=Text)
    reasoning: Text = field(default_factory=Text)
    refusal: Text = field(default_factory=Text)
    calls: list[_Call] = field(default_factory=list)
    open_calls: dict[int, _Call] = field(default_factory=dict)  # by the server's index: where fragments go
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str | None = None
    reasoning_name: str = ""
    fields: Fields = field(default_factory=Fields)

    def think(self, event: ev.ReasoningDelta) -> None:
        """Take a piece of the reasoning."""
        self.reasoning.add(event.text)
        self.reasoning_name = self.reasoning_name or event.name

    @property
    def is_untouched(self) -> bool:
        """Whether nothing at all has come."""
        texts = self.content.length or self.reasoning.length or self.refusal.length
        return not (texts or self.calls or self.logprobs or self.finish_reason or self.fields)

    @property
    def dropped_fields(self) -> int:
        """How many pieces of fields were too much."""
        return self.fields.dropped + sum(call.extra.dropped for call in self.calls)

    def tool_call(self, event: ev.ToolCallDelta) -> PlaygroundError | None:
        """Take a fragment, unless it begins a call that is one too many."""
        call = self._call_of(event)
        if call is None:
            return too_many_calls()
        call.add(event)
        return None

    def _call_of(self, event: ev.ToolCallDelta) -> _Call | None:
        """The call that this fragment belongs to; some servers give every call index 0, or no index at all."""
        call = self.open_calls.get(event.index)
        if call is not None and event.id and event.id != call.id:
            by_id = next((other for other in self.calls if other.id == event.id), None)
            call = by_id or (None if event.name and call.id else call)
        elif call is not None and not event.id and event.name and event.arguments.strip() and call.is_whole:
            call = None  # after a whole object no fragment can go on with it
        if call is None:
            if len(self.calls) >= MAX_TOOL_CALLS:
                return None
            taken = {other.index for other in self.calls}
            call = _Call(event.index if event.index not in taken else max(taken) + 1)
            self.calls.append(call)
        if event.index in self.open_calls or len(self.open_calls) < MAX_TOOL_CALLS:
            self.open_calls[event.index] = call
        return call

    def answer(self) -> Answer:
        """As it is now."""
        calls = tuple(call.call() for call in sorted(self.calls, key=_index))
        return Answer(
            str(self.content),
            str(self.reasoning),
            str(self.refusal),
            calls,
            tuple(self.logprobs),
            self.finish_reason,
            self.reasoning_name,
            self.fields.value(),
        )


def _index(call: _Call) -> int:
    return call.index
