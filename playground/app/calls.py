"""Tool calls on the page: who answers them, and what a person decides about one."""

import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from playground.app.context import Context
from playground.app.conversations import Conversation, Turn
from playground.app.form.form import Form
from playground.backends.base import is_url
from playground.errors import InvalidRequest
from playground.loop import rejection
from playground.tools.builtin import BUILTINS, make_builtins
from playground.tools.execute import Source, ToolBox, ToolResult
from playground.tools.mcp_session import McpCommand, McpSession, McpUrl
from playground.tools.mock import read_rows
from playground.tools.turns import Call, CallPhase, Rejected

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


@asynccontextmanager
async def open_toolbox(
    form: Form, context: Context, visitor: str | None, tools: Sequence[Any]
) -> AsyncIterator[ToolBox]:
    """What answers calls, as the Tools tab says; its MCP server stays connected for as long.

    Raises:
        InvalidInput: the table of results cannot be read, or this visitor may not use an MCP server.
        ToolServerFailed: the MCP server does not answer.
    """
    mocks = await context.workers.run(read_rows, form.mock, who=visitor or "") if form.mock.strip() else ()
    builtins = make_builtins(
        [name for name in BUILTINS if name in form.builtins],
        hosts=context.settings.tool_hosts.split(","),
        internal=context.access.internal,
    )
    async with AsyncExitStack() as stack:
        sessions = [mcp_session(form.mcp, context, visitor)] if form.mcp.strip() else []
        servers = [await stack.enter_async_context(session) for session in sessions]
        run = partial(context.workers.run, who=visitor or "")
        yield ToolBox(tools=tools, mocks=mocks, builtins=builtins, servers=servers, run=run)


def mcp_session(text: str, context: Context, visitor: str | None) -> McpSession:
    """A session, not yet connected, with the server of that URL; or of that command line, on a person's own machine.

    Raises:
        InvalidInput: this visitor may not, or the words cannot be read.
    """
    if not context.access.may_run_programs(visitor):
        raise InvalidRequest(context.access.refusal("use MCP servers"), advice="Or use a mock result instead.")
    if is_url(text):
        return McpSession(McpUrl(text.strip()))
    try:
        argv = tuple(shlex.split(text))
    except ValueError as error:
        raise InvalidRequest(f"The MCP server's command cannot be read: {error}.", field="mcp") from None
    return McpSession(McpCommand(argv), allow_commands=not context.access.opened)


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
        raise InvalidRequest("This call no longer exists: the conversation has changed.", advice="Reload the page.")
    return turn


async def _answer(decision: Decision, turn: Turn, chosen: Sequence[int], toolbox: ToolBox) -> None:
    calls = [await _with_arguments(turn.calls[i], decision.arguments, toolbox) for i in chosen]
    if decision.act == "run":
        results = await toolbox.execute_all([call.call for call in calls], [call.check for call in calls])
    else:
        results = tuple(_by_person(call, decision) for call in calls)
    if None in results:
        name = next(call.call.name for call, result in zip(calls, results, strict=True) if result is None)
        raise InvalidRequest(
            f"Nothing is set up to answer calls to {name}.",
            advice="Type its result, add a row to the mock results, or tick a built-in function of that name.",
        )
    answered = list(turn.calls)
    for i, call, result in zip(chosen, calls, results, strict=True):
        source = result.source if result else None
        answered[i] = replace(call, phase=CallPhase.DONE, source=source, result=result)
    turn.calls = tuple(answered)


async def _with_arguments(call: Call, arguments: str | None, toolbox: ToolBox) -> Call:
    if arguments is None or arguments == call.call.arguments:
        return call
    edited = replace(call.call, arguments=arguments)
    (check,) = await toolbox.check_all([edited])
    return replace(call, call=edited, check=check)


def _by_person(call: Call, decision: Decision) -> ToolResult:
    if decision.act == "reject":
        return rejection(call.call, Rejected(decision.text.strip()))
    return ToolResult(call.call.id or "", call.call.name, decision.text, Source.BY_HAND)
