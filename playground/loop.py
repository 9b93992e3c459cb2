"""The loop with tools: the model calls, the calls are answered, the model goes on, until it answers in words.

Every turn is a request of its own, prepared and sent like any other: its bytes and all that came back stay in the
snapshot. The user's request is not changed; messages are added to it, and nothing else unless the caller says so
(`tool_choice_after`).
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from playground.client import Client
from playground.run import SCREEN_HZ, run
from playground.tools.execute import Source, ToolBox, ToolResult
from playground.tools.turns import (
    After,
    Approve,
    Approved,
    Call,
    CallIds,
    CallPhase,
    End,
    LoopSnapshot,
    LoopTurn,
    Rejected,
    forces_calls,
    next_request,
)
from playground.wire.answer import SendReasoning, ToolCall
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest

__all__ = [
    "MAX_TURNS",
    "After",
    "Approve",
    "Approved",
    "Call",
    "CallPhase",
    "End",
    "LoopSnapshot",
    "LoopTurn",
    "Rejected",
    "forces_calls",
    "next_request",
    "run_loop",
]

MAX_TURNS = 8
Preparing = Callable[[ChatRequest, Target], Awaitable[PreparedRequest]]


async def run_loop(
    request: ChatRequest,
    target: Target,
    *,
    client: Client,
    toolbox: ToolBox,
    key: str | None = None,
    max_turns: int = MAX_TURNS,
    approve: Approve | None = None,
    tool_choice_after: After = "keep",
    send_reasoning: SendReasoning = "calls",
    hz: float = SCREEN_HZ,
    preparing: Preparing | None = None,
) -> AsyncGenerator[LoopSnapshot, None]:
    """Send, answer the calls, send again; snapshots all the way, the last of them with its `end`.

    Closing the iterator stops it wherever it is: the request is closed, and what runs for a call is cancelled.
    Errors are in the snapshot, as in `run`. In the turn that reaches the cap, calls are shown and not made.

    Args:
        request: goes as it is; `messages` grow from turn to turn.
        target: where to.
        client: sends the requests.
        toolbox: answers calls; those of one turn at the same time.
        key: the bearer key, if one is sent.
        max_turns: requests at most; one is sent in any case.
        approve: asked before each call is made, if given.
        tool_choice_after: what `tool_choice` becomes once calls were answered. "keep" leaves it; a request that
            forces a call then ends only at the cap.
        send_reasoning: which of the model's messages go back with their reasoning.
        hz: snapshots a second, at most.
        preparing: makes the bytes of each request, where that may take long; None does it here.
    """
    turns: tuple[LoopTurn, ...] = ()
    ids = CallIds(request)
    for number in range(1, max(1, max_turns) + 1):
        prepared = await preparing(request, target) if preparing else prepare(request, target)
        exchange = Exchange(prepared)
        async with aclosing(run(prepared, client=client, key=key, hz=hz)) as shots:
            async for exchange in shots:
                if not exchange.done:
                    yield LoopSnapshot(request, (*turns, LoopTurn(exchange)))
        given = ids.give(exchange.answer.tool_calls)
        checks = await toolbox.check_all(given)
        calls = tuple(Call(call, call.arguments, check) for call, check in zip(given, checks, strict=True))
        if exchange.error is not None or not calls or number >= max_turns:
            end = End.FAILED if exchange.error else End.MAX_TURNS if calls else End.ANSWERED
            yield LoopSnapshot(request, (*turns, LoopTurn(exchange, calls)), end)
            return
        yield LoopSnapshot(request, (*turns, LoopTurn(exchange, calls)))
        async with aclosing(_Answers(calls, toolbox, approve).changes()) as changes:
            async for calls in changes:
                yield LoopSnapshot(request, (*turns, LoopTurn(exchange, calls)))
        turns = (*turns, LoopTurn(exchange, calls))
        if any(call.result is None for call in calls):
            yield LoopSnapshot(request, turns, End.UNANSWERED)
            return
        request = next_request(request, turns[-1], tool_choice_after, send_reasoning=send_reasoning)


class _Answers:
    """The calls of one turn while they are answered, all at the same time."""

    def __init__(self, calls: Sequence[Call], toolbox: ToolBox, approve: Approve | None) -> None:
        self._calls = list(calls)
        self._toolbox = toolbox
        self._approve = approve
        self._changed = asyncio.Event()

    async def changes(self) -> AsyncGenerator[tuple[Call, ...], None]:
        """The calls again each time that one of them has moved; what runs ends with this iterator."""
        tasks = [
            asyncio.create_task(self._answer(index), name=f"tool call {index}") for index in range(len(self._calls))
        ]
        for task in tasks:
            task.add_done_callback(lambda _: self._changed.set())
        try:
            while not all(task.done() for task in tasks):
                await self._changed.wait()
                self._changed.clear()
                for task in tasks:
                    if task.done():
                        task.result()  # a fault of our own is not hidden
                yield tuple(self._calls)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, index: int) -> None:
        if self._approve is not None and not await self._approved(index, self._approve):
            return
        call, check = self._calls[index].call, self._calls[index].check
        self._move(index, phase=CallPhase.RUNNING, source=self._toolbox.source_of(call, check))
        result = await self._toolbox.execute(call, check)
        self._move(index, phase=CallPhase.DONE if result else CallPhase.UNANSWERED, result=result)

    async def _approved(self, index: int, approve: Approve) -> bool:
        """Ask; a rejection is a result, other arguments take the place of the model's."""
        self._move(index, phase=CallPhase.WAITING)
        decision = await approve(self._calls[index])
        if isinstance(decision, Rejected):
            result = rejection(self._calls[index].call, decision)
            self._move(index, phase=CallPhase.DONE, source=Source.REJECTED, result=result)
            return False
        if decision.arguments is not None:
            call = replace(self._calls[index].call, arguments=decision.arguments)
            (check,) = await self._toolbox.check_all([call])
            self._move(index, call=call, check=check)
        return True

    def _move(self, index: int, **fields: Any) -> None:
        self._calls[index] = replace(self._calls[index], **fields)
        self._changed.set()


def rejection(call: ToolCall, decision: Rejected) -> ToolResult:
    """What the model is told of a call that a person rejected."""
    reason = f": {decision.reason}" if decision.reason else "."
    content = f"The user rejected this call{reason}"
    return ToolResult(call.id or "", call.name, content, Source.REJECTED, failed=True)
