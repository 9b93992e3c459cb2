"""Who answers a call: a mock row, a built-in function, an MCP server, or a person, in this order."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from playground.errors import TooMuchWork
from playground.tools.builtin.base import Builtin
from playground.tools.checks import CallCheck, check_call, check_calls, unchecked
from playground.tools.failure import ToolFailed
from playground.tools.mcp_session import McpSession
from playground.tools.mock import NO_ARGUMENTS, MockRow, find_row
from playground.wire.answer import ToolCall

BUILTIN_S = 60.0


class Source(StrEnum):
    """Where a result is from; the value is the word that is shown."""

    MOCK = "mock"
    BUILTIN = "builtin"
    MCP = "mcp"
    BY_HAND = "by hand"
    CHECK = "check"  # the call could not be made: no such tool, or arguments that are not valid JSON
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A result, as it goes back to the model.

    Attributes:
        tool_call_id: the id of the call it answers.
        name: the function's name.
        content: text; JSON is text too.
        source: where it is from.
        took_s: how long it took, in seconds.
        failed: it says that something went wrong.
    """

    tool_call_id: str
    name: str
    content: str
    source: Source
    took_s: float = 0.0
    failed: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The message with role `tool` (OpenAI API reference, "Create chat completion", tool message)."""
        return {"role": "tool", "tool_call_id": self.tool_call_id, "content": self.content}


Run = Callable[..., Awaitable[Any]]  # calls a function with what it is given, where it can be given up
ByHand = Callable[[ToolCall, CallCheck], Awaitable[str]]


@dataclass(frozen=True)
class ToolBox:
    """All that can answer calls.

    Attributes:
        tools: those of the request, as they go over the wire: calls are checked against them.
        mocks: rows; the first that matches.
        builtins: by name.
        servers: connected MCP servers.
        by_hand: asks a person; None where nobody can be asked.
        clock: monotonic seconds.
        sleep: waits for a mock's delay.
        run: has calls checked elsewhere, where they take long; it raises `TooMuchWork` where they take too long.
    """

    tools: Sequence[Any] = ()
    mocks: Sequence[MockRow] = ()
    builtins: Mapping[str, Builtin] = field(default_factory=dict)
    servers: Sequence[McpSession] = ()
    by_hand: ByHand | None = None
    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    run: Run | None = None

    def check(self, call: ToolCall) -> CallCheck:
        """What there is to say of a call."""
        return check_call(call.name, call.arguments, self.tools)

    async def check_all(self, calls: Sequence[ToolCall]) -> tuple[CallCheck, ...]:
        """`check` for several calls. A model can make calls whose check takes long: see `run`."""
        if self.run is None or not calls:
            return tuple(map(self.check, calls))
        named = tuple((call.name, call.arguments) for call in calls)
        try:
            checks: tuple[CallCheck, ...] = await self.run(check_calls, named, self.tools)
        except TooMuchWork as error:
            checks = tuple(unchecked(name, text, self.tools, error.message) for name, text in named)
        return checks

    def source_of(self, call: ToolCall, check: CallCheck | None = None) -> Source | None:
        """Who would answer; None: nobody can. A check that was made already need not be made again."""
        source, _ = self._plan(call, check or self.check(call))
        return source

    async def execute(self, call: ToolCall, check: CallCheck | None = None) -> ToolResult | None:
        """The result of one call; None where nobody can answer it. Cancelling it cancels what it does.

        A function's failure is a result, so that the model can go on; a fault of our own is raised.
        """
        check = check or self.check(call)
        source, answer = self._plan(call, check)
        if source is None or answer is None:
            return None
        start = self.clock()
        failed = False
        try:
            content = await answer()
        except ToolFailed as error:
            content, failed = str(error), True
        return ToolResult(call.id or "", call.name, content, source, self.clock() - start, failed)

    async def execute_all(
        self, calls: Sequence[ToolCall], checks: Sequence[CallCheck | None] | None = None
    ) -> tuple[ToolResult | None, ...]:
        """The results of several calls, which run at the same time; `checks` that were made are not made again."""
        checks = [None] * len(calls) if checks is None else checks
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.execute(call, check)) for call, check in zip(calls, checks, strict=True)]
        return tuple(task.result() for task in tasks)

    def _plan(self, call: ToolCall, check: CallCheck) -> tuple[Source | None, Callable[[], Awaitable[str]] | None]:
        """Who answers, and how."""
        if row := find_row(self.mocks, call.name, check.arguments if check.is_json else NO_ARGUMENTS):
            return Source.MOCK, lambda: self._mock(row)
        runs = self._runs(call.name, check)
        if runs is None and self.by_hand is not None and check.known:
            by_hand = self.by_hand
            return Source.BY_HAND, lambda: by_hand(call, check)
        if not check.known or (runs is not None and not check.is_json):
            return Source.CHECK, lambda: _refuse(check)
        return runs or (None, None)

    def _runs(self, name: str, check: CallCheck) -> tuple[Source, Callable[[], Awaitable[str]]] | None:
        """A function that really runs, and how."""
        if builtin := self.builtins.get(name):
            return Source.BUILTIN, lambda: _builtin(builtin, check.arguments)
        if server := next((server for server in self.servers if server.has(name)), None):
            return Source.MCP, lambda: server.call(name, check.arguments)
        return None

    async def _mock(self, row: MockRow) -> str:
        if row.delay_s:
            await self.sleep(row.delay_s)
        if row.error is not None:
            raise ToolFailed(row.error)
        return row.content


async def _refuse(check: CallCheck) -> str:
    raise ToolFailed(f"The call was not run: {check.in_words()}.")


async def _builtin(builtin: Builtin, arguments: dict[str, Any]) -> str:
    try:
        async with asyncio.timeout(BUILTIN_S):
            return json.dumps(await builtin.call(arguments), ensure_ascii=False)
    except TimeoutError:
        raise ToolFailed(f"{builtin.name} did not respond within {BUILTIN_S:g} s.") from None
