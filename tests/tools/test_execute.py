"""Who answers a call, and how a result says where it is from."""

import asyncio
from typing import Any

import pytest

from playground.tools.builtin import Builtin, make_builtins
from playground.tools.checks import CallCheck
from playground.tools.definitions import make_tool
from playground.tools.execute import Source, ToolBox, ToolResult
from playground.tools.mcp_session import McpSession
from playground.tools.mock import read_rows
from playground.wire.answer import ToolCall
from tests.tools.test_mcp import STDIO

LOOKUP = make_builtins(["lookup_region"])
TOKYO = '{"code": "ap-northeast-1"}'


def call(name: str, arguments: str = "{}", call_id: str = "c1") -> ToolCall:
    return ToolCall(0, call_id, name, arguments)


async def result_of(box: ToolBox, made: ToolCall) -> ToolResult:
    result = await box.execute(made)
    assert result is not None
    assert box.source_of(made) is result.source
    return result


async def test_a_mock_comes_before_a_builtin_before_mcp_before_a_person() -> None:
    async def ask(made: ToolCall, check: CallCheck) -> str:
        return f"{made.name} {check.text}"

    rows = read_rows("- {tool: lookup_region, arguments: {code: x}, result: {name: X}}")
    async with McpSession(STDIO, allow_commands=True) as server:
        tools = [*server.tools, LOOKUP["lookup_region"].tool, make_tool("ask")]
        box = ToolBox(tools, rows, LOOKUP, [server], ask)
        mock = await result_of(box, call("lookup_region", '{"code": "x"}'))
        assert (mock.content, mock.source) == ('{"name": "X"}', Source.MOCK)
        builtin = await result_of(box, call("lookup_region", TOKYO))
        assert builtin.source is Source.BUILTIN
        assert "Asia Pacific (Tokyo)" in builtin.content
        mcp = await result_of(box, call("add", '{"a": 1, "b": 2}', "c7"))
        assert mcp.to_wire() == {"role": "tool", "tool_call_id": "c7", "content": "3"}
        assert (mcp.source, mcp.failed) == (Source.MCP, False)
        broken = await result_of(box, call("fail"))
        assert (broken.source, broken.failed) == (Source.MCP, True)
        assert "It broke." in broken.content
        hand = await result_of(box, call("ask", '{"a": '))
        assert (hand.content, hand.source) == ('ask {"a": ', Source.BY_HAND)
        unknown = await result_of(box, call("nonesuch"))
        assert (unknown.source, unknown.failed) == (Source.CHECK, True)
        malformed = await result_of(box, call("add", '{"a": '))
        assert (malformed.source, malformed.failed) == (Source.CHECK, True)
        assert "not valid JSON" in malformed.content
    gone = await result_of(ToolBox(tools, servers=[server]), call("add"))
    assert "not connected" in gone.content


async def test_nobody() -> None:
    box = ToolBox([make_tool("ask")])
    assert (box.source_of(call("ask")), await box.execute(call("ask"))) == (None, None)


async def test_a_mock_for_a_tool_that_is_not_there_and_for_broken_arguments() -> None:
    box = ToolBox((), read_rows("- {tool: f, result: any}"))
    for arguments in ("{}", "{", ""):
        assert (await result_of(box, call("f", arguments))).content == "any"


async def test_a_mocks_delay_and_error() -> None:
    slept: list[float] = []
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    rows = read_rows("- {tool: f, error: Down., delay_s: 2.5}")
    result = await result_of(ToolBox((), rows, sleep=sleep, clock=lambda: now), call("f"))
    assert (result.content, result.failed, result.took_s, slept) == ("Down.", True, 2.5, [2.5])


async def test_all_at_once_and_cancelled_together() -> None:
    meeting = asyncio.Barrier(2)
    cancelled = []
    running: asyncio.Queue[None] = asyncio.Queue()

    async def meet(arguments: dict[str, Any]) -> str:
        if arguments:
            running.put_nowait(None)
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.append(True)
        await asyncio.wait_for(meeting.wait(), 2)
        return "met"

    box = ToolBox([make_tool("f")], builtins={"f": Builtin(make_tool("f"), meet)})
    results = await box.execute_all([call("f", call_id="a"), call("f", call_id="b")])
    assert [(r.tool_call_id, r.content) for r in results if r] == [("a", '"met"'), ("b", '"met"')]
    task = asyncio.create_task(box.execute_all([call("f", '{"x": 1}'), call("f", '{"x": 2}')]))
    for _ in range(2):
        await running.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(cancelled) == 2
