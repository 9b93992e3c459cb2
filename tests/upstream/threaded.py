"""The server in a thread of its own, for tests that are not async."""

import asyncio
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.upstream.record import Recorded
from tests.upstream.routes import Answer
from tests.upstream.server import Upstream

START_TIMEOUT_S = 10


class ThreadedUpstream:
    """`with ThreadedUpstream() as upstream`: as `Upstream`, with waits that block the calling thread."""

    def __init__(self, *, key: str | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._upstream = Upstream(key=key, tls=tls, port=port)
        self._thread = threading.Thread(target=self._run, name="upstream", daemon=True)
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def port(self) -> int:
        return self._upstream.port

    @property
    def origin(self) -> str:
        return self._upstream.origin

    @property
    def base_url(self) -> str:
        return self._upstream.base_url

    @property
    def requests(self) -> list[Recorded]:
        """A copy of the list of all requests so far."""
        return self._upstream.requests

    @property
    def connections(self) -> int:
        """How many connections were ever accepted."""
        return self._upstream.connections

    def enqueue(self, *answers: Answer) -> None:
        """See `Routes.enqueue`."""
        self._upstream.enqueue(*answers)

    def default(self, answer: Answer | None) -> None:
        """See `Routes.default`."""
        self._upstream.default(answer)

    def on(self, path: str, answer: Answer) -> None:
        """See `Routes.on`."""
        self._upstream.on(path, answer)

    def wait_until(self, predicate: Callable[[], bool], timeout_s: float = 5) -> None:
        """Wait until `predicate` holds; it is asked after every arrival, write and end."""
        self._upstream.log.until_blocking(predicate, timeout_s)

    def wait_for_requests(self, n: int = 1, timeout_s: float = 5) -> list[Recorded]:
        """The requests, once `n` have arrived."""
        self.wait_until(lambda: len(self._upstream.log.requests) >= n, timeout_s)
        return self.requests

    def wait_for_disconnect(self, n: int = 1, timeout_s: float = 5) -> list[Recorded]:
        """The requests that their client left before the response was complete, once there are `n`."""
        self.wait_until(lambda: len(self._upstream.log.disconnected()) >= n, timeout_s)
        return self._upstream.log.disconnected()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_TIMEOUT_S):
            raise TimeoutError(f"the upstream did not start within {START_TIMEOUT_S} s")
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if error is None:
            self._upstream.raise_failures()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            await self._upstream.start()
        except OSError as error:
            self._error = error
            self._ready.set()
            return
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._stop.wait()
        await self._upstream.close()
