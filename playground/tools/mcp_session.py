"""A connection to an MCP server (Model Context Protocol): its tools, and calls of them.

By streamable HTTP for anyone; a command is started only where that is allowed, because it runs as this app does.
The `mcp` package is optional. Its connections must be opened and closed by one task, so one of ours holds each.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import TemporaryFile
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO, cast

import httpx

from playground import __version__
from playground.errors import InvalidTools, ToolServerFailed
from playground.tools.failure import ToolFailed
from playground.tools.importers.mcp_tools import Listed, list_tools, result_text
from playground.wire.mask import Mask, secrets_of_url

if TYPE_CHECKING:
    from mcp import ClientSession

START_S = 30.0
CALL_S = 120.0
TAIL = 500
MAX_PAGES = 100


@dataclass(frozen=True, slots=True)
class McpUrl:
    """A server by streamable HTTP; `headers` may carry a key and are never shown."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class McpCommand:
    """A server as a program: its words, and what is added to a small environment without our keys."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


class McpSession:
    """One server: `async with McpSession(McpUrl("http://127.0.0.1:8000/mcp")) as session`.

    Args:
        server: where it is.
        allow_commands: whether `McpCommand` may start a program.
        http_client: makes the client for HTTP, where addresses are to be checked; the caller's headers go in.
        start_s, call_s: how long to wait for the list of tools, and for a call, in seconds.
    """

    def __init__(
        self,
        server: McpUrl | McpCommand,
        *,
        allow_commands: bool = False,
        http_client: Callable[[Mapping[str, str]], httpx.AsyncClient] | None = None,
        start_s: float = START_S,
        call_s: float = CALL_S,
    ) -> None:
        if isinstance(server, McpCommand) and not allow_commands:
            raise InvalidTools(
                "MCP servers cannot be started as programs here.", advice="Give the URL of a running one."
            )
        self._server = server
        self._mask = _mask_of(server)
        self._http_client = http_client or _client
        self._start_s = start_s
        self._call_s = call_s
        self._stop = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None
        self._session: ClientSession | None = None
        self._listed = Listed()

    @property
    def tools(self) -> tuple[dict[str, Any], ...]:
        """The server's tools, as they go over the wire."""
        return self._listed.tools

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed to make them so."""
        return self._listed.notes

    def has(self, name: str) -> bool:
        """Whether a tool of that name on the wire is the server's."""
        return name in self._listed.names

    async def start(self) -> None:
        """Connect and list the tools.

        Raises:
            ToolServerFailed: it cannot be reached or started, or the `mcp` package is missing.
        """
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._hold(ready))
        try:
            async with asyncio.timeout(self._start_s):
                await asyncio.shield(ready)
        except TimeoutError:
            await self.aclose()
            raise self._failed(f"it did not respond within {self._start_s:g} s") from None
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Disconnect; a program is ended."""
        self._stop.set()
        if self._owner is None:
            return
        if self._session is None:  # still connecting
            self._owner.cancel()
        await asyncio.wait((self._owner,))  # a cancellation of who waits is not its own
        if not self._owner.cancelled():
            self._owner.result()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def call(self, name: str, arguments: dict[str, Any]) -> str:
        """The text of a call's result.

        Raises:
            ToolFailed: the tool or the server failed.
        """
        if self._session is None or self._owner is None or self._owner.done():
            raise ToolFailed("The MCP server is not connected.")
        limit = timedelta(seconds=self._call_s)
        try:
            result = await self._session.call_tool(self._listed.names[name], arguments, read_timeout_seconds=limit)
        except Exception as error:  # whatever the package raises, the model is told
            raise ToolFailed(self._mask.text(f"The MCP server failed: {_words(error)}.")) from error
        text = self._mask.text(result_text(result))
        if result.isError:
            raise ToolFailed(text or "The MCP server's tool failed without a message.")
        return text

    async def _hold(self, ready: "asyncio.Future[None]") -> None:
        """Open the connection, keep it until it is to end, and close it: all in one task."""
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as file:
            log = cast("TextIO", file)  # typeshed says IO[str]
            try:
                async with AsyncExitStack() as stack:
                    session = await self._connect(stack, log)
                    self._listed = await _list(session)
                    self._session = session
                    ready.set_result(None)
                    await self._stop.wait()
            except Exception as error:  # noqa: BLE001 - a group of whatever the package's tasks raised
                if not ready.done():
                    ready.set_exception(self._explained(error, log))
            finally:
                self._session = None

    async def _connect(self, stack: AsyncExitStack, log: TextIO) -> "ClientSession":
        from mcp import ClientSession, StdioServerParameters, stdio_client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.types import Implementation

        if isinstance(self._server, McpUrl):
            client = await stack.enter_async_context(self._http_client(self._server.headers))
            read, write, _ = await stack.enter_async_context(
                streamable_http_client(self._server.url, http_client=client)
            )
        else:
            command, *words = self._server.argv
            parameters = StdioServerParameters(command=command, args=words, env=dict(self._server.env))
            read, write = await stack.enter_async_context(stdio_client(parameters, errlog=log))
        session = ClientSession(read, write, client_info=Implementation(name="chat-playground", version=__version__))
        await stack.enter_async_context(session)
        await session.initialize()
        return session

    def _explained(self, error: Exception, log: TextIO) -> ToolServerFailed:
        cause = _leaf(error)
        if isinstance(cause, ImportError) and "socks" in str(cause).lower():  # httpx's own client lacks a package
            return self._failed("a SOCKS proxy is set for it, and only HTTP proxies are supported (see no_proxy)")
        if isinstance(cause, ImportError):
            return ToolServerFailed(
                "The mcp package is not installed.", advice="Install it with: pip install 'chat-playground[mcp]'"
            )
        log.seek(0)
        tail = log.read()[-TAIL:].strip()
        words = _words(error)
        if words == "Session terminated":  # what the package makes of any 404
            words = "it returned 404: there is nothing at that path"
        return self._failed(words + (f"; it said: {tail}" if tail else ""))

    def _failed(self, why: str) -> ToolServerFailed:
        where = self._server.url if isinstance(self._server, McpUrl) else self._server.argv[0]
        return ToolServerFailed(
            self._mask.cut(f"The MCP server {where} cannot be used: {why}."),
            advice="Check that it runs and speaks MCP by streamable HTTP (its URL often ends in /mcp).",
        )


async def _list(session: "ClientSession") -> Listed:
    """All pages of the list."""
    from mcp.types import PaginatedRequestParams

    found = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
        found += page.tools
        cursor = page.nextCursor
        if not cursor:
            break
    return list_tools(found)


def _mask_of(server: McpUrl | McpCommand) -> Mask:
    """What it must not say again: the values of the headers, and keys in its URL."""
    if isinstance(server, McpCommand):
        return Mask({})
    keys = [value.partition(" ")[2] or value for value in server.headers.values()]  # `Bearer KEY`
    return Mask(dict.fromkeys([*keys, *secrets_of_url(server.url)], "***"))


def _client(headers: Mapping[str, str]) -> httpx.AsyncClient:
    """Redirects are not followed here; the package follows those that stay with the server."""
    return httpx.AsyncClient(headers=dict(headers), timeout=httpx.Timeout(START_S, read=CALL_S), follow_redirects=False)


def _leaf(error: BaseException) -> BaseException:
    """The first cause in groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _words(error: BaseException) -> str:
    leaf = _leaf(error)
    return " ".join(str(leaf).split()).rstrip(".") or type(leaf).__name__
