"""A real MCP server, as a program and by HTTP."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from playground.errors import InvalidTools, ToolServerFailed
from playground.tools.failure import ToolFailed
from playground.tools.mcp_session import McpCommand, McpSession, McpUrl
from tests.upstream import Upstream, scripts

SERVER = str(Path(__file__).with_name("mcp_server.py"))
STDIO = McpCommand((sys.executable, SERVER, "stdio"))


@pytest.fixture(scope="module")
def mcp_url() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, SERVER, str(port)], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/mcp"
    try:
        with httpx.Client(trust_env=False) as client:
            while process.poll() is None:
                try:
                    client.get(url)
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
        assert process.poll() is None
        yield url
    finally:
        process.kill()
        process.wait()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEROUTER_API_KEY", "sk-secret")
    before = children()
    async with McpSession(STDIO, allow_commands=True) as session:
        assert children() > before
        names = [tool["function"]["name"] for tool in session.tools]
        assert names == ["add", "dotted_name", "fail", "environment", "picture", "slow", "leave"]
        assert session.tools[0]["type"] == "function"
        assert session.tools[0]["function"]["description"] == "Add two numbers."
        parameters = session.tools[0]["function"]["parameters"]
        assert (parameters["properties"]["b"]["default"], parameters["required"]) == (1, ["a"])
        assert session.has("dotted_name")
        assert not session.has("dotted.name/é")
        assert "dotted_name" in session.notes[0]
        assert await session.call("add", {"a": 2, "b": 3}) == "5"
        assert await session.call("dotted_name", {}) == "odd"
        assert await session.call("picture", {}) == "[image of type image/png: left out]\na dot"
        assert "THEROUTER_API_KEY" not in await session.call("environment", {})
    assert children() == before
    with pytest.raises(ToolFailed, match="not connected"):
        await session.call("add", {"a": 1})


async def test_failures_of_tools() -> None:
    async with McpSession(STDIO, allow_commands=True) as session:
        with pytest.raises(ToolFailed, match=r"It broke\."):
            await session.call("fail", {})
        with pytest.raises(ToolFailed, match=r"(?s)a.*valid integer"):
            await session.call("add", {"a": "x"})
        session._call_s = 0.2
        with pytest.raises(ToolFailed, match=r"(?i)timed out"):
            await session.call("slow", {})
        session._call_s = 30
        assert await session.call("add", {"a": 1}) == "2"


async def test_a_server_that_goes_away() -> None:
    session = McpSession(STDIO, allow_commands=True, call_s=5)
    await session.start()
    with pytest.raises(ToolFailed, match="The MCP server failed"):
        await session.call("leave", {})
    await session.aclose()


async def test_a_call_can_be_cancelled_and_a_session_closed_from_another_task() -> None:
    session = McpSession(STDIO, allow_commands=True)
    await asyncio.create_task(session.start())
    call = asyncio.create_task(session.call("slow", {}))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await session.call("add", {"a": 1}) == "2"
    await asyncio.create_task(session.aclose())
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_by_http(mcp_url: str) -> None:
    async with McpSession(McpUrl(mcp_url, {"x-key": "secret"})) as session:
        assert await session.call("add", {"a": 20, "b": 22}) == "42"
        with pytest.raises(ToolFailed, match=r"It broke\."):
            await session.call("fail", {})
    assert "secret" not in repr(McpUrl(mcp_url, {"x-key": "secret"}))


def test_a_program_only_where_it_is_allowed() -> None:
    with pytest.raises(InvalidTools, match="cannot be started as programs here"):
        McpSession(STDIO)


async def test_what_is_no_server(upstream: Upstream) -> None:
    before = children()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/mcp"
        with pytest.raises(ToolServerFailed, match="cannot be used"):
            await McpSession(McpUrl(nobody)).start()
    with pytest.raises(ToolServerFailed, match=r"cannot be used.*404"):
        await McpSession(McpUrl(f"{upstream.origin}/mcp")).start()
    upstream.on("/slow", scripts.stall_first())
    with pytest.raises(ToolServerFailed, match=r"within 0\.2 s"):
        await McpSession(McpUrl(f"{upstream.origin}/slow"), start_s=0.2).start()
    for argv, said in ((("/none/such",), "No such file"), ((sys.executable, "-c", "print(1/0)"), "ZeroDivision")):
        with pytest.raises(ToolServerFailed, match=said):
            await McpSession(McpCommand(argv), allow_commands=True).start()
    assert children() == before
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_a_socks_proxy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(ToolServerFailed, match="SOCKS"):
        await McpSession(McpUrl("http://backend.invalid/mcp")).start()
