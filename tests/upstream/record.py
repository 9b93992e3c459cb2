"""What the server saw: each request exactly, how far its response came, and how it ended."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from tests.upstream.parser import Head

Outcome = Literal["open", "complete", "cut", "disconnected", "shutdown"]


@dataclass(eq=False)
class Recorded:
    """One request. Times are `perf_counter` seconds; counts are of the response's body.

    Attributes:
        number: 1 for the first request of this server; its default `request_id` is made of it.
        connection: 1 for the first connection; two requests with the same number shared it.
        outcome: open while the response runs; complete; cut by the script; disconnected: the client left
            before the response was complete; shutdown: the server was closed before that.
        disconnected: set when the outcome becomes disconnected; awaitable in the server's own loop.
        chunks_written: writes that the script asked for (`Write`, and each chunk of `Paced`).
        coalesced: chunks of `Paced` that shared a write with the one before, being overdue.
        late_s: the largest lateness of a chunk of `Paced`.
    """

    number: int
    connection: int
    head: Head
    body: bytes
    arrived_at: float
    outcome: Outcome = "open"
    ended_at: float | None = None
    disconnected: asyncio.Event = field(default_factory=asyncio.Event)
    disconnected_at: float | None = None
    status: int | None = None
    bytes_written: int = 0
    chunks_written: int = 0
    coalesced: int = 0
    late_s: float = 0.0

    @property
    def request_id(self) -> str:
        return f"req_{self.number:06d}"

    @property
    def method(self) -> str:
        return self.head.method

    @property
    def target(self) -> str:
        """The request target as sent: path and query."""
        return self.head.target

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers as sent: order, case and repetition kept."""
        return self.head.headers

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return self.head.header(name)

    def json(self) -> Any:
        """The body as JSON; ValueError where it is none."""
        return json.loads(self.body)


class Log:
    """All requests in the order of arrival, and ways to wait for a change, from the loop or a thread."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.failures: list[BaseException] = []
        self.on_end: Callable[[Recorded], None] | None = None
        self._changed = threading.Condition()
        self._waiters: set[asyncio.Future[None]] = set()

    def arrived(self, connection: int, head: Head, body: bytes) -> Recorded:
        """Note a new request."""
        request = Recorded(len(self.requests) + 1, connection, head, body, perf_counter())
        self.requests.append(request)
        self.notify()
        return request

    def ended(self, request: Recorded, outcome: Outcome) -> None:
        """Note how a response ended; only the first word counts."""
        if request.outcome != "open":
            return
        request.outcome = outcome
        request.ended_at = perf_counter()
        if outcome == "disconnected":
            request.disconnected_at = request.ended_at
            request.disconnected.set()
        if self.on_end is not None:
            self.on_end(request)
        self.notify()

    def disconnected(self) -> list[Recorded]:
        """The requests that their client left."""
        return [request for request in self.requests if request.outcome == "disconnected"]

    def notify(self) -> None:
        """Wake who waits; called in the server's loop after every change."""
        with self._changed:
            self._changed.notify_all()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, predicate: Callable[[], bool], timeout_s: float) -> None:
        """Wait in the server's loop until `predicate` holds; TimeoutError with what was seen."""
        try:
            async with asyncio.timeout(timeout_s):
                while not predicate():
                    waiter = asyncio.get_running_loop().create_future()
                    self._waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self._waiters.discard(waiter)
        except TimeoutError:
            raise TimeoutError(self._seen(timeout_s)) from None

    def until_blocking(self, predicate: Callable[[], bool], timeout_s: float) -> None:
        """Wait in any other thread until `predicate` holds; TimeoutError with what was seen."""
        with self._changed:
            if not self._changed.wait_for(predicate, timeout_s):
                raise TimeoutError(self._seen(timeout_s))

    def _seen(self, timeout_s: float) -> str:
        seen = ", ".join(f"{r.method} {r.target} {r.outcome} {r.chunks_written} chunks" for r in self.requests)
        return f"not within {timeout_s:g} s; requests: {seen or 'none'}"
