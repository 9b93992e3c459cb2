"""The loop with tools: what goes over the wire in each turn, and that it stops wherever it is."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from playground.client import Client
from playground.errors import ConnectFailed, StreamInterrupted
from playground.loop import (
    Approved,
    Call,
    CallPhase,
    End,
    LoopSnapshot,
    Rejected,
    forces_calls,
    next_request,
    run_loop,
)
from playground.tools.builtin import Builtin
from playground.tools.checks import CallCheck
from playground.tools.definitions import make_tool
from playground.tools.execute import Source, ToolBox
from playground.tools.mock import read_rows
from playground.wire.answer import ToolCall
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.looping import BUILTINS, OTHER, RESULT, TOKYO, TOOL, USER, all_of, box, calls, request_of, sent
from tests.upstream import Upstream, scripts


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


async def test_to_the_answer(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.stream(("To", "kyo")))
    request = request_of(temperature=0, x_odd=[1])
    shots = await all_of(client, upstream, box(builtins=BUILTINS), request)
    last = shots[-1]
    assert (last.end, len(last.turns), last.exchange.answer.content) == (End.ANSWERED, 2, "Tokyo")
    assert not any(shot.end for shot in shots[:-1])
    assert [recorded.body for recorded in upstream.requests] == [made.body for made in last.requests]
    assert upstream.requests[0].body == prepare(request, Target(upstream.base_url)).body
    first, second = sent(upstream, 0), sent(upstream, 1)
    assert {k: v for k, v in second.items() if k != "messages"} == {k: v for k, v in first.items() if k != "messages"}
    assert list(second) == list(first)
    call = {"id": "c1", "type": "function", "function": {"name": "lookup_region", "arguments": TOKYO}}
    assert second["messages"] == [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": json.dumps(RESULT)},
    ]
    (made,) = last.turns[0].calls
    assert (made.phase, made.source, made.check.ok) == (CallPhase.DONE, Source.BUILTIN, True)
    assert made.result is not None
    assert (made.result.failed, made.result.took_s > 0) == (False, True)
    assert last.messages() == [*second["messages"], {"role": "assistant", "content": "Tokyo"}]


async def test_it_streams_all_the_way(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(
        calls(("c1", "wait", "{}"), text=("I ", "look."), per_second=20), scripts.stream(("T", "o"), per_second=20)
    )
    shots = await all_of(client, upstream, box(mocks=read_rows("- {tool: wait, result: 1, delay_s: 0.05}")))
    texts = [shot.exchange.answer.content for shot in shots]
    assert {"I ", "I look.", "T", "To"} <= set(texts)
    phases = [shot.turns[0].calls[0].phase for shot in shots if shot.turns[0].calls]
    assert list(dict.fromkeys(phases)) == [CallPhase.PROPOSED, CallPhase.RUNNING, CallPhase.DONE]
    assert sent(upstream, 1)["messages"][1]["content"] == "I look."


async def test_without_a_stream(client: Client, upstream: Upstream) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "lookup_region", "arguments": TOKYO}}
    upstream.enqueue(scripts.answer(None, tool_calls=[call]), scripts.answer("Tokyo"))
    request = ChatRequest.parse({"messages": [USER], "tools": [TOOL]})
    last = (await all_of(client, upstream, box(builtins=BUILTINS), request))[-1]
    assert (last.end, last.exchange.answer.content) == (End.ANSWERED, "Tokyo")
    assert "stream" not in sent(upstream, 1)


async def test_missing_and_repeated_ids_get_their_own(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(
        calls((None, "wait", "{}"), (None, "wait", "{}"), ("same", "wait", "{}"), ("same", "wait", "{}")),
        calls((None, "wait", "{}")),
        scripts.stream(("ok",)),
    )
    history = [
        USER,
        {"role": "assistant", "content": None, "tool_calls": [{"id": "call00001", "type": "function"}]},
        {"role": "tool", "tool_call_id": "call00001", "content": ""},
    ]
    rows = read_rows("- {tool: wait, result: done}")
    await all_of(client, upstream, box(mocks=rows), request_of(messages=history))
    messages = sent(upstream, 2)["messages"]
    ids = [[call["id"] for call in m["tool_calls"]] for m in messages if "tool_calls" in m]
    answered = [m["tool_call_id"] for m in messages if m["role"] == "tool"]
    assert ids == [["call00001"], ["call00000", "call00002", "same", "call00003"], ["call00004"]]
    assert answered == [call_id for turn in ids for call_id in turn]


async def test_calls_of_a_turn_run_at_the_same_time(client: Client, upstream: Upstream) -> None:
    meeting = asyncio.Barrier(3)

    async def meet(_: dict[str, Any]) -> str:
        await asyncio.wait_for(meeting.wait(), 2)  # passes only when all three are here
        return "met"

    upstream.enqueue(calls(*((f"c{n}", "wait", "{}") for n in range(3))), scripts.stream(("ok",)))
    last = (await all_of(client, upstream, box(builtins={"wait": Builtin(OTHER, meet)})))[-1]
    assert last.end is End.ANSWERED
    results = [m for m in sent(upstream, 1)["messages"] if m["role"] == "tool"]
    assert [(m["tool_call_id"], m["content"]) for m in results] == [(f"c{n}", '"met"') for n in range(3)]


async def test_failures_go_back_to_the_model(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(
        calls(
            ("c1", "lookup_region", '{"code": "nowhere"}'),
            ("c2", "lookup_region", '{"code": '),
            ("c3", "nonesuch", "{}"),
            ("c4", "wait", ""),
        ),
        scripts.stream(("Sorry.",)),
    )
    rows = read_rows("- {tool: wait, error: Down.}")
    last = (await all_of(client, upstream, box(builtins=BUILTINS, mocks=rows)))[-1]
    contents = [m["content"] for m in sent(upstream, 1)["messages"] if m["role"] == "tool"]
    assert contents[0].startswith("There is no AWS region 'nowhere'")
    assert "line 1, column 10" in contents[1]
    assert 'there is no tool "nonesuch"; there are: lookup_region, wait' in contents[2]
    assert contents[3] == "Down."
    assert all(call.result and call.result.failed for call in last.turns[0].calls)
    assert [call.source for call in last.turns[0].calls] == [Source.BUILTIN, Source.CHECK, Source.CHECK, Source.MOCK]
    # what the model wrote goes back as it wrote it
    assert sent(upstream, 1)["messages"][1]["tool_calls"][1]["function"]["arguments"] == '{"code": '


async def test_approve_edit_and_reject(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(
        calls(*((f"c{n}", "lookup_region", json.dumps({"code": f"eu-west-{n}"})) for n in (1, 2, 3, 4))),
        scripts.stream(("ok",)),
    )
    asked: list[Call] = []

    async def approve(call: Call) -> Approved | Rejected:
        asked.append(call)
        code = call.check.arguments["code"]
        answers: dict[str, Approved | Rejected] = {
            "eu-west-1": Approved(),
            "eu-west-2": Approved(TOKYO),
            "eu-west-3": Rejected("Not that one."),
            "eu-west-4": Rejected(),
        }
        return answers[code]

    shots = await all_of(client, upstream, box(builtins=BUILTINS), approve=approve)
    assert [call.phase for call in asked] == [CallPhase.WAITING] * 4
    messages = sent(upstream, 1)["messages"]
    assert [json.loads(call["function"]["arguments"])["code"] for call in messages[1]["tool_calls"]] == [
        "eu-west-1",
        "ap-northeast-1",
        "eu-west-3",
        "eu-west-4",
    ]
    contents = [m["content"] for m in messages[2:]]
    assert "Ireland" in contents[0]
    assert "Tokyo" in contents[1]
    assert contents[2:] == ["The user rejected this call: Not that one.", "The user rejected this call."]
    edited = shots[-1].turns[0].calls[1]
    assert (edited.written, edited.call.arguments) == ('{"code": "eu-west-2"}', TOKYO)
    assert shots[-1].turns[0].calls[2].source is Source.REJECTED


async def test_the_cap(client: Client, upstream: Upstream) -> None:
    made = 0

    async def count(_: dict[str, Any]) -> int:
        nonlocal made
        made += 1
        return made

    upstream.default(calls(("c", "wait", "{}")))
    last = (await all_of(client, upstream, box(builtins={"wait": Builtin(OTHER, count)}), max_turns=3))[-1]
    assert (last.end, len(last.turns), len(upstream.requests), made) == (End.MAX_TURNS, 3, 3, 2)
    (call,) = last.turns[-1].calls
    assert (call.phase, call.result) == (CallPhase.PROPOSED, None)
    upstream.default(calls(("c", "wait", "{}")))
    last = (await all_of(client, upstream, box(builtins={"wait": Builtin(OTHER, count)})))[-1]
    assert (last.end, len(last.turns)) == (End.MAX_TURNS, 8)


async def test_nobody_answers(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "wait", "{}"), ("c2", "lookup_region", TOKYO)))
    last = (await all_of(client, upstream, box(builtins=BUILTINS)))[-1]
    assert (last.end, len(upstream.requests)) == (End.UNANSWERED, 1)
    assert [(call.phase, call.result is None) for call in last.turns[0].calls] == [
        (CallPhase.UNANSWERED, True),
        (CallPhase.DONE, False),
    ]


async def test_by_hand(client: Client, upstream: Upstream) -> None:
    async def by_hand(call: ToolCall, check: CallCheck) -> str:
        return f"{call.name}: {check.arguments}"

    upstream.enqueue(calls(("c1", "wait", "{}")), scripts.stream(("ok",)))
    last = (await all_of(client, upstream, box(builtins=BUILTINS, by_hand=by_hand)))[-1]
    assert last.turns[0].calls[0].source is Source.BY_HAND
    assert sent(upstream, 1)["messages"][2]["content"] == "wait: {}"


@pytest.mark.parametrize("after", ["keep", "auto", "none"])
async def test_tool_choice_changes_only_when_told_to(client: Client, upstream: Upstream, after: str) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.stream(("ok",)))
    request = request_of(tool_choice="required")
    await all_of(client, upstream, box(builtins=BUILTINS), request, tool_choice_after=after)
    assert sent(upstream, 0)["tool_choice"] == "required"
    assert sent(upstream, 1)["tool_choice"] == ("required" if after == "keep" else after)
    assert (forces_calls(request), forces_calls(request_of())) == (True, False)
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.stream(("ok",)))
    await all_of(client, upstream, box(builtins=BUILTINS), tool_choice_after=after)
    assert "tool_choice" not in sent(upstream, 3)


async def test_an_error_of_the_model_keeps_what_came(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.cut_stream(("To",)))
    last = (await all_of(client, upstream, box(builtins=BUILTINS)))[-1]
    assert (last.end, len(last.turns), last.exchange.answer.content) == (End.FAILED, 2, "To")
    assert isinstance(last.exchange.error, StreamInterrupted)
    assert last.turns[0].calls[0].result is not None


async def test_calls_of_a_broken_answer_are_not_made(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", '{"code": "x'), finish=False, done=False))
    last = (await all_of(client, upstream, box(builtins=BUILTINS)))[-1]
    assert (last.end, last.turns[0].calls[0].result, last.turns[0].calls[0].written) == (
        End.FAILED,
        None,
        '{"code": "x',
    )
    await upstream.close()
    last = (await all_of(client, upstream, box()))[-1]
    assert isinstance(last.exchange.error, ConnectFailed)
    assert (last.end, last.turns[0].calls) == (End.FAILED, ())


async def test_a_fault_of_our_own_is_raised(client: Client, upstream: Upstream) -> None:
    cancelled = asyncio.Event()

    async def call(arguments: dict[str, Any]) -> None:
        if not arguments:
            raise ZeroDivisionError("ours")
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    upstream.enqueue(calls(("c1", "wait", "{}"), ("c2", "wait", '{"a": 1}')))
    with pytest.raises(ZeroDivisionError, match="ours"):
        await all_of(client, upstream, box(builtins={"wait": Builtin(OTHER, call)}))
    assert cancelled.is_set()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("tool call")]


async def until(client: Client, upstream: Upstream, toolbox: ToolBox, reached: Any, **options: Any) -> LoopSnapshot:
    """The snapshot at which the reader stopped."""
    shot = None
    loop = run_loop(request_of(), Target(upstream.base_url), client=client, toolbox=toolbox, hz=1000, **options)
    async with aclosing(loop):
        async for shot in loop:
            if reached(shot):
                break
    assert shot is not None
    assert not [t for t in asyncio.all_tasks() if "tool call" in t.get_name() or "pump" in repr(t)]
    return shot.stop()


@pytest.mark.parametrize("turn", [1, 2])
async def test_stop_while_the_model_answers(client: Client, upstream: Upstream, turn: int) -> None:
    first = [calls(("c1", "lookup_region", TOKYO))] if turn == 2 else []
    upstream.enqueue(*first, scripts.stall_between(after=2))

    def reached(shot: LoopSnapshot) -> bool:
        return shot.exchange.answer.content == "Hello"

    stopped = await until(client, upstream, box(builtins=BUILTINS), reached)
    (left,) = await upstream.wait_for_disconnect(timeout_s=1)
    assert left.number == turn
    assert (stopped.end, len(stopped.turns), stopped.exchange.stopped) == (End.STOPPED, turn, True)
    assert stopped.exchange.answer.content == "Hello"


async def test_stop_while_a_tool_runs_cancels_it(client: Client, upstream: Upstream) -> None:
    cancelled = []

    async def slow(_: dict[str, Any]) -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    upstream.enqueue(calls(("c1", "wait", "{}"), ("c2", "lookup_region", TOKYO)))

    def reached(shot: LoopSnapshot) -> bool:
        return any(call.result for call in shot.turns[0].calls)

    builtins = BUILTINS | {"wait": Builtin(OTHER, slow)}
    stopped = await until(client, upstream, box(builtins=builtins), reached)
    assert cancelled == [True]
    assert [call.phase for call in stopped.turns[0].calls] == [CallPhase.STOPPED, CallPhase.DONE]
    assert (stopped.end, stopped.exchange.done, stopped.exchange.stopped) == (End.STOPPED, True, False)
    assert len(upstream.requests) == 1
    assert stopped.stop() is stopped


async def test_stop_while_a_mock_waits_and_while_a_person_thinks(client: Client, upstream: Upstream) -> None:
    upstream.default(calls(("c1", "wait", "{}")))
    rows = read_rows("- {tool: wait, result: 1, delay_s: 600}")

    async def think(_: Call) -> Approved:
        await asyncio.Event().wait()
        return Approved()

    def running(shot: LoopSnapshot) -> bool:
        return any(call.phase in {CallPhase.RUNNING, CallPhase.WAITING} for call in shot.turns[0].calls)

    for options in ({}, {"approve": think}):
        stopped = await until(client, upstream, box(mocks=rows), running, **options)
        assert stopped.turns[0].calls[0].phase is CallPhase.STOPPED


async def test_a_reader_that_is_cancelled_ends_all(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.stall_first())
    reader = asyncio.create_task(all_of(client, upstream, box(builtins=BUILTINS)))
    await upstream.wait_for_requests(2)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await upstream.wait_for_disconnect(timeout_s=1)


async def test_going_on_by_hand(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(calls(("c1", "lookup_region", TOKYO)), scripts.stream(("ok",)))
    last = (await all_of(client, upstream, box(builtins=BUILTINS)))[-1]
    again = next_request(request_of(), last.turns[0])
    assert prepare(again, Target(upstream.base_url)).body == last.requests[1].body


@pytest.mark.model
@pytest.mark.parametrize("run_number", range(5))
@pytest.mark.parametrize("stream", [True, False])
async def test_a_required_call_with_the_embedded_model(
    client: Client, embedded_url: str, run_number: int, *, stream: bool
) -> None:
    asked = {"role": "user", "content": f"What is the AWS region ap-northeast-{1 + run_number % 3}?"}
    code = {"type": "string", "maxLength": 20}  # or this small a model may go on until max_tokens
    tool = make_tool(
        "lookup_region", "Look up an AWS region", {"type": "object", "properties": {"code": code}, "required": ["code"]}
    )
    request = ChatRequest.parse(
        {
            "model": "SmolLM2-135M-Instruct",
            "messages": [asked],
            "tools": [tool],
            "tool_choice": "required",
            "max_tokens": 100,
            "temperature": 0.2,
            "seed": run_number,
            "stream": stream,
        }
    )
    toolbox = ToolBox(tools=[tool], builtins=BUILTINS)
    loop = run_loop(request, Target(embedded_url), client=client, toolbox=toolbox, tool_choice_after="auto")
    last = [shot async for shot in loop][-1]
    assert last.exchange.error is None, last.exchange.error
    assert (last.end, len(last.turns)) == (End.ANSWERED, 2)
    (call,) = last.turns[0].calls
    assert (call.call.name, call.source, call.check.ok) == ("lookup_region", Source.BUILTIN, True)
    assert call.result is not None
    assert call.result.content.startswith(("{", "There is no AWS region"))
    assert last.exchange.answer.content
    assert json.loads(last.requests[1].body)["messages"][2]["tool_call_id"] == call.call.id
