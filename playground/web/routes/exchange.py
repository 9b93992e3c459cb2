"""The exchange route: sends what the form stands for, and streams what comes back as frames (`frames`).

Besides those of one exchange there are: `{"turn": true}` as the next request of a tool loop begins,
`{"phases": [[index, words], …]}` as its calls move, `{"problem": words}` for a decision that cannot be carried
out, and at the end `{"end": {"ok": bool}}`.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from playground.app.building import prepare_apart
from playground.app.calls import Decision, decide, open_toolbox
from playground.app.context import Context
from playground.app.conversations import Conversation, Turn, images_of
from playground.app.form.form import STREAMING, Form, user_message
from playground.app.judging import is_json
from playground.app.live_rules import LiveRules
from playground.errors import PlaygroundError
from playground.loop import run_loop
from playground.run import run
from playground.tools.execute import ToolBox
from playground.tools.turns import LoopSnapshot, LoopTurn
from playground.web.frames import Changes, Frame, stream
from playground.web.guard.scope import visitor_of
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target
from playground.wire.request import ChatRequest


class Sent(Form):
    """What the page sends: its form, and what was decided about a call."""

    decision: Decision | None = None


def exchange_routes(context: Context) -> APIRouter:
    """`POST /gradio_api/exchange`."""
    router = APIRouter(prefix="/gradio_api")

    @router.post("/exchange")
    async def exchange(sent: Sent, request: Request) -> StreamingResponse:
        """Send what the form stands for, or carry out what was decided about a call; frames as they come."""
        return stream(_Exchange(context, sent, visitor_of(request.scope)).frames())

    return router


class _Exchange:
    """One press on Send, Run tool or Reject."""

    def __init__(self, context: Context, sent: Sent, visitor: str | None) -> None:
        self._context = context
        self._visitor = visitor
        self._form, self._decision = sent, sent.decision
        self._conversation: Conversation = Conversation()  # until it is claimed

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """All frames, the last of them `end`."""
        form, visitor = self._form, self._visitor
        try:
            conversation = self._conversation = self._context.claim(form.conversation, visitor)
        except PlaygroundError as error:  # a message that cannot be kept is not sent
            yield {"problem": f"{error.message} {error.advice}".strip()}
            yield {"end": {"ok": False}}
            return
        if self._decision is not None:
            try:
                async with self._toolbox(self._sent_tools()) as toolbox:
                    goes_on = await decide(self._decision, conversation, toolbox)
            except PlaygroundError as error:
                yield {"problem": f"{error.message} {error.advice}".strip()}
                goes_on = False
            if not goes_on:
                yield {"end": {"ok": True}}
                return
        if waiting := conversation.waiting():
            yield {"problem": _no_result_yet(waiting)}
            yield {"end": {"ok": False}}
            return
        message = user_message(form, conversation.messages(form.send_reasoning), conversation.images)
        try:
            async with aclosing(self._send(message)) as frames:
                async for frame in frames:
                    yield frame
        except PlaygroundError as error:  # before anything was sent
            nothing = PreparedRequest("POST", "", None, (), b"")
            self._keep(Turn(message, Exchange(nothing).fail(error), model=form.model))
            yield {"end": {"ok": False}}

    async def _send(self, message: dict[str, Any] | None) -> AsyncGenerator[Frame, None]:
        form, visitor = self._form, self._visitor
        built = await self._context.build_apart(form, visitor)
        self._context.servers.touch(form.backend)
        key, client = self._context.key(form, visitor), self._context.client_for(form, visitor)
        async with AsyncExitStack() as stack:
            if built.request.tools:
                loop = run_loop(
                    built.request,
                    built.target,
                    client=client,
                    key=key,
                    toolbox=await stack.enter_async_context(self._toolbox(built.request.tools)),
                    max_turns=form.max_turns if form.by_itself else 1,
                    tool_choice_after=form.choice_after,
                    send_reasoning=form.send_reasoning,
                    preparing=self._prepare,
                )
                follow = self._loop(loop, message)
            else:
                follow = self._single(run(built.prepared, client=client, key=key), message, Exchange(built.prepared))
            async for frame in await stack.enter_async_context(aclosing(follow)):
                yield frame

    async def _prepare(self, request: ChatRequest, target: Target) -> PreparedRequest:
        return await prepare_apart(request, target, self._form, self._context.workers, self._visitor or "")

    def _toolbox(self, tools: Sequence[Any]) -> AbstractAsyncContextManager[ToolBox]:
        return open_toolbox(self._form, self._context, self._visitor, tools)

    async def _single(
        self, snapshots: AsyncGenerator[Exchange, None], message: dict[str, Any] | None, before: Exchange
    ) -> AsyncGenerator[Frame, None]:
        last = before
        start = time.perf_counter()
        try:
            async with aclosing(snapshots), aclosing(self._changes(before.request)) as changes:
                async for last in snapshots:
                    async for frame in changes.since(last):
                        yield frame
        finally:  # also when the visitor pressed Stop, or left: what was seen is kept
            if not last.done:
                last = last.stop(time.perf_counter() - start)
            self._keep(self._turn(message, last))
        yield {"end": {"ok": last.error is None}}

    async def _loop(
        self, snapshots: AsyncGenerator[LoopSnapshot, None], message: dict[str, Any] | None
    ) -> AsyncGenerator[Frame, None]:
        """A loop with tools, turn by turn; `message` is the first one's."""
        last: LoopSnapshot | None = None
        start = time.perf_counter()
        following: Changes | None = None
        count = 0
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(aclosing(snapshots))
                async for last in snapshots:
                    if following is None or len(last.turns) > count:
                        if count:
                            yield {"turn": True}
                        following = await stack.enter_async_context(aclosing(self._changes(last.exchange.request)))
                        count = len(last.turns)
                    async for frame in following.since(last.exchange):
                        yield frame
                    if phases := _phases(last.turns[-1]):
                        yield {"phases": phases}
        finally:
            if last is not None:
                self._keep_loop(last.stop(), message, time.perf_counter() - start)
        yield {"end": {"ok": last is not None and last.exchange.error is None}}

    def _keep_loop(self, snapshot: LoopSnapshot, message: dict[str, Any] | None, now_s: float) -> None:
        for number, turn in enumerate(snapshot.turns):
            exchange = turn.exchange
            if exchange.stopped and exchange.timings.e2e_s is None:
                exchange = exchange.stop(now_s)
            self._keep(self._turn(message if number == 0 else None, exchange, turn.calls))

    def _changes(self, request: PreparedRequest) -> Changes:
        rendering, who = self._context.rendering, self._visitor or self._form.conversation
        rules = LiveRules(request, rendering, who) if is_json(request) else None
        return Changes(rendering, who, pieces=self._form.tab == STREAMING, rules=rules)

    def _turn(self, message: dict[str, Any] | None, exchange: Exchange, calls: Sequence[Any] = ()) -> Turn:
        cost = self._context.cost(self._form, exchange)
        return Turn(message, exchange, tuple(calls), model=self._form.model, cost=cost)

    def _keep(self, turn: Turn) -> None:
        conversation = self._conversation
        conversation.add(turn)
        conversation.last = turn.exchange
        if turn.answered and turn.message:
            sent = images_of(turn.message)
            conversation.images = [image for image in conversation.images if image not in sent]
        self._context.note(conversation, self._form.conversation, self._visitor)

    def _sent_tools(self) -> Sequence[Any]:
        """The tools of the request whose calls are decided about."""
        if self._decision is None or self._decision.turn >= len(self._conversation.turns):
            return ()
        exchange = self._conversation.turns[self._decision.turn].exchange
        body = orjson.loads(exchange.request.body) if exchange and exchange.request.body else {}
        return body.get("tools") or ()


def _no_result_yet(names: Sequence[str]) -> str:
    """Why a message is not sent: a server refuses a history with calls that have no results."""
    which = f"The call to {names[0]} has" if len(names) == 1 else f"The calls to {', '.join(names[:5])} have"
    return f"{which} no result yet. Run, answer or reject it first; or retry or edit the answer that contains it."


def _phases(turn: LoopTurn) -> list[list[Any]]:
    return [[i, call.phase, call.result.content if call.result else ""] for i, call in enumerate(turn.calls)]
