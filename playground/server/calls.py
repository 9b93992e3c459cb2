"""Tool calls on the page: who answers them, and what a person decides about one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import InvalidRequest
from playground.loop import Call, Phase, Rejected, rejection
from playground.server.conversations import Conversation, Turn
from playground.server.form import Form
from playground.settings import Settings
from playground.tools.builtin import BUILTINS, make_builtins
from playground.tools.execute import Source, ToolBox, ToolResult
from playground.tools.mock import read_rows

MAX_TEXT = 4 * 2**20


class Decision(BaseModel):
    """What is to be done about one call, or about all that wait (`call` None).

    Attributes:
        turn: its turn's place in the conversation.
        call: its place in the turn.
        act: run it, reject it, give the result by hand; or only go on.
        arguments: as text, where they were changed.
        text: the result, or the reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    turn: int = Field(ge=0)
    call: int | None = Field(None, ge=0)
    act: Literal["run", "reject", "by-hand", "go-on"]
    arguments: str | None = Field(None, max_length=MAX_TEXT)
    text: str = Field("", max_length=MAX_TEXT)


def make_toolbox(form: Form, settings: Settings, tools: Sequence[Any]) -> ToolBox:
    """What answers calls, as the Tools tab says.

    Raises:
        InvalidMock: the table of results cannot be read.
    """
    names = [name for name in BUILTINS if name in form.builtins]
    builtins = make_builtins(names, hosts=settings.tool_hosts)
    return ToolBox(tools=tools, mocks=read_rows(form.mock), builtins=builtins)


async def decide(decision: Decision, conversation: Conversation, toolbox: ToolBox) -> bool:
    """Carry the decision out; whether the turn has all its results now. Cancelled, it changes nothing.

    Raises:
        InvalidRequest: there is no such call, or nobody can answer it.
    """
    turn = _turn(decision, conversation)
    waiting = [i for i, call in enumerate(turn.calls) if call.result is None]
    chosen = waiting if decision.call is None else [decision.call]
    if decision.act != "go-on":
        await _answer(decision, turn, chosen, toolbox)
    turn.html = ""
    return all(call.result is not None for call in turn.calls)


def _turn(decision: Decision, conversation: Conversation) -> Turn:
    turns = conversation.turns
    turn = turns[decision.turn] if decision.turn < len(turns) else None
    if turn is None or (decision.call is not None and decision.call >= len(turn.calls)):
        raise InvalidRequest("There is no such call: the conversation has changed.", advice="Reload the page.")
    return turn


async def _answer(decision: Decision, turn: Turn, chosen: Sequence[int], toolbox: ToolBox) -> None:
    calls = [_with_arguments(turn.calls[i], decision.arguments, toolbox) for i in chosen]
    if decision.act == "run":
        results = await toolbox.execute_all([call.call for call in calls])
    else:
        results = tuple(_by_person(call, decision) for call in calls)
    if None in results:
        name = next(call.call.name for call, result in zip(calls, results, strict=True) if result is None)
        raise InvalidRequest(
            f"Nothing here answers {name}.",
            advice="Type its result, add a row to the mock results, or tick a built-in function of that name.",
        )
    answered = list(turn.calls)
    for i, call, result in zip(chosen, calls, results, strict=True):
        source = result.source if result else None
        answered[i] = replace(call, phase=Phase.DONE, source=source, result=result)
    turn.calls = tuple(answered)


def _with_arguments(call: Call, arguments: str | None, toolbox: ToolBox) -> Call:
    if arguments is None or arguments == call.call.arguments:
        return call
    edited = replace(call.call, arguments=arguments)
    return replace(call, call=edited, check=toolbox.check(edited))


def _by_person(call: Call, decision: Decision) -> ToolResult:
    if decision.act == "reject":
        return rejection(call.call, Rejected(decision.text.strip()))
    return ToolResult(call.call.id or "", call.call.name, decision.text, Source.BY_HAND)
