"""The turns of a loop with tools as values that a page can draw, and the request that follows from them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from playground.tools.checks import CallCheck
from playground.tools.choice import ToolChoice
from playground.tools.execute import Source, ToolResult
from playground.wire.answer import Answer, SendReasoning, ToolCall
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest
from playground.wire.request import ChatRequest

After = Literal["keep", "auto", "none"]


class End(StrEnum):
    """Why a loop ended; the value is the word that is shown."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered calls"  # nobody here can answer a call: the caller may, and go on
    MAX_TURNS = "too many turns"
    FAILED = "failed"
    STOPPED = "stopped"


class CallPhase(StrEnum):
    """Where a call stands; the value is the word that is shown."""

    PROPOSED = "proposed"
    WAITING = "waiting for approval"
    RUNNING = "running"
    DONE = "done"
    UNANSWERED = "unanswered"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Approved:
    """Make the call; with other arguments, if some are given (text, as the model would write it)."""

    arguments: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Do not; the model is told so, and why."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a turn.

    Attributes:
        call: as it goes back to the model: with an id in any case, and with the arguments that a person changed.
        written: the arguments as the model wrote them.
        check: what there is to say of it.
        phase: where it stands.
        source: who answers it, once that is known.
        result: what the model is told.
    """

    call: ToolCall
    written: str
    check: CallCheck
    phase: CallPhase = CallPhase.PROPOSED
    source: Source | None = None
    result: ToolResult | None = None


Approve = Callable[[Call], Awaitable[Approved | Rejected]]


@dataclass(frozen=True, slots=True)
class LoopTurn:
    """One request, its answer, and the calls in it."""

    exchange: Exchange
    calls: tuple[Call, ...] = ()

    @property
    def answer(self) -> Answer:
        """The model's, with its calls as they go back."""
        return with_calls(self.exchange.answer, self.calls)

    def messages(self, send_reasoning: SendReasoning = "calls") -> list[dict[str, Any]]:
        """The model's message as it goes back, each call with its id, and the results that came."""
        return answered_messages(self.exchange.answer, self.calls, send_reasoning)


@dataclass(frozen=True, slots=True)
class LoopSnapshot:
    """All turns so far; the last snapshot of a loop has an `end`.

    Attributes:
        request: of the last turn.
        turns: in order; at least one.
        end: why it ended; None while it goes on.
    """

    request: ChatRequest
    turns: tuple[LoopTurn, ...]
    end: End | None = None

    @property
    def exchange(self) -> Exchange:
        """The last turn's."""
        return self.turns[-1].exchange

    @property
    def requests(self) -> tuple[PreparedRequest, ...]:
        """What was sent, in order: a script made of these replays the loop."""
        return tuple(turn.exchange.request for turn in self.turns)

    def messages(self) -> list[dict[str, Any]]:
        """The conversation as the wire has it: what was sent last, the model's last message, results that came."""
        return [*_messages(self.request), *self.turns[-1].messages()]

    def stop(self) -> "LoopSnapshot":
        """This snapshot as the end: the person stopped it."""
        if self.end is not None:
            return self
        last = self.turns[-1]
        exchange = last.exchange if last.exchange.done else last.exchange.stop()
        calls = tuple(call if call.result else replace(call, phase=CallPhase.STOPPED) for call in last.calls)
        return replace(self, turns=(*self.turns[:-1], LoopTurn(exchange, calls)), end=End.STOPPED)


def next_request(
    request: ChatRequest, turn: LoopTurn, after: After = "keep", *, send_reasoning: SendReasoning = "calls"
) -> ChatRequest:
    """The request that goes on from a turn whose calls have their results.

    Args:
        request: the turn's.
        turn: with the model's message and the results.
        after: what `tool_choice` becomes, where it was sent.
        send_reasoning: which of the model's messages go back with their reasoning.
    """
    fields: dict[str, Any] = {"messages": [*_messages(request), *turn.messages(send_reasoning)]}
    if after != "keep" and "tool_choice" in request.to_wire():
        fields["tool_choice"] = after
    return request.replace(**fields)


def forces_calls(request: ChatRequest) -> bool:
    """Whether each answer must be a call, so that a loop that keeps `tool_choice` ends only at its cap."""
    choice = ToolChoice.from_wire(request.tool_choice)
    return choice is not None and choice.forces


def _messages(request: ChatRequest) -> list[Any]:
    return list(request.to_wire()["messages"])


def with_calls(answer: Answer, calls: Sequence[Call]) -> Answer:
    """An answer with its calls as they go back: with their ids, and with arguments that a person changed."""
    return replace(answer, tool_calls=tuple(call.call for call in calls)) if calls else answer


def answered_messages(
    answer: Answer, calls: Sequence[Call], send_reasoning: SendReasoning = "calls"
) -> list[dict[str, Any]]:
    """A model's message as it goes back, and the results of its calls that came.

    Args:
        answer: as it came.
        calls: the answer's, with their ids and with arguments that a person changed.
        send_reasoning: whether its reasoning goes back.
    """
    message = with_calls(answer, calls).to_history(send_reasoning)
    return [message, *(_result(call, call.result) for call in calls if call.result)]


def _result(call: Call, result: ToolResult) -> dict[str, Any]:
    """The message with the result; a `function_call` has its own role for it."""
    if call.call.is_legacy:
        return {"role": "function", "name": call.call.name, "content": result.content}
    return result.to_wire()


class CallIds:
    """Ids for calls that came without one, or with another's of the same answer; none twice in a conversation.

    Nine letters and digits, the only form that Mistral's models take.
    """

    def __init__(self, request: ChatRequest) -> None:
        calls = [call for message in request.messages for call in message.tool_calls or ()]
        self._taken = {str(call.get("id")) for call in calls}
        self._number = 0

    def give(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        """The calls, each with an id of its own."""
        self._taken |= {call.id for call in calls if call.id}
        seen: set[str | None] = {None}
        made = []
        for call in calls:
            made.append(replace(call, id=self._new()) if call.id in seen else call)
            seen.add(call.id)
        return made

    def _new(self) -> str:
        while (made := f"call{self._number:05d}") in self._taken:
            self._number += 1
        self._taken.add(made)
        return made
