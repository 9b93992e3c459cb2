"""An MCP server for tests, as a process of its own: `mcp_server.py stdio`, or `mcp_server.py PORT` for HTTP."""

import asyncio
import os
import sys

from mcp.server.fastmcp import FastMCP, Image

port = 0 if sys.argv[1] == "stdio" else int(sys.argv[1])
server = FastMCP("test", host="127.0.0.1", port=port or 8000, log_level="ERROR")


@server.tool()
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@server.tool(name="dotted.name/é")
def odd() -> str:
    return "odd"


@server.tool()
def fail() -> str:
    """Always fails."""
    raise ValueError("It broke.")


@server.tool()
def environment() -> str:
    """The names of the environment."""
    return " ".join(sorted(os.environ))


@server.tool(structured_output=False)
def picture() -> list[Image | str]:
    """A picture and a word."""
    return [Image(data=b"\x89PNG", format="png"), "a dot"]


@server.tool()
async def slow() -> str:
    """Never answers."""
    await asyncio.sleep(600)
    return "late"


@server.tool()
def leave() -> str:
    """The server ends."""
    os._exit(3)


server.run("stdio" if not port else "streamable-http")
