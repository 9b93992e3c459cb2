"""The server: one object that listens, answers by its routes, and remembers."""

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.upstream.connection import Connection
from tests.upstream.record import Log, Recorded
from tests.upstream.routes import Answer, Routes


class Upstream:
    """A scriptable OpenAI-compatible server on 127.0.0.1; `async with Upstream() as upstream`.

    Args:
        key: where given, /v1 wants `Authorization: Bearer key`.
        tls: where given, it speaks HTTPS.
        port: 0 takes a free one.
    """

    def __init__(self, *, key: str | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.log = Log()
        self.routes = Routes(key=key)
        self._tls = tls
        self.port = port
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._accepted = 0

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def requests(self) -> list[Recorded]:
        """All requests so far, in the order of arrival."""
        return list(self.log.requests)

    @property
    def connections(self) -> int:
        """How many connections were ever accepted."""
        return self._accepted

    def enqueue(self, *answers: Answer) -> None:
        """See `Routes.enqueue`."""
        self.routes.enqueue(*answers)

    def default(self, answer: Answer | None) -> None:
        """See `Routes.default`."""
        self.routes.default(answer)

    def on(self, path: str, answer: Answer) -> None:
        """See `Routes.on`."""
        self.routes.on(path, answer)

    async def wait_until(self, predicate: Callable[[], bool], timeout_s: float = 5) -> None:
        """Wait until `predicate` holds; it is asked after every arrival, write and end."""
        await self.log.until(predicate, timeout_s)

    async def wait_for_requests(self, n: int = 1, timeout_s: float = 5) -> list[Recorded]:
        """The requests, once `n` have arrived."""
        await self.wait_until(lambda: len(self.log.requests) >= n, timeout_s)
        return self.requests

    async def wait_for_disconnect(self, n: int = 1, timeout_s: float = 5) -> list[Recorded]:
        """The requests that their client left before the response was complete, once there are `n`."""
        await self.wait_until(lambda: len(self.log.disconnected()) >= n, timeout_s)
        return self.log.disconnected()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End all connections and stop listening."""
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections.values():
            connection.shut_down()
        if self._connections:
            await asyncio.wait(list(self._connections))
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if error is None:
            self.raise_failures()

    def raise_failures(self) -> None:
        """Raise what a script's function raised, so that a fault of the test itself is seen."""
        if self.log.failures:
            raise self.log.failures[0]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        connection = Connection(self._accepted, reader, writer, respond=self.routes.respond, log=self.log)
        task = asyncio.create_task(connection.serve())
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)
