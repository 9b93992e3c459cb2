"""An event loop in a thread, for what outlives one test's loop, such as a server's process."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Background(Protocol):
    """Runs a coroutine in that loop and waits for what it gives."""

    def __call__(self, work: Coroutine[Any, Any, T], timeout_s: float) -> T: ...


@contextmanager
def background_loop(name: str) -> Iterator[Background]:
    """The loop's `Background`, until the body is left; `name` is the thread's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()

    def wait_for(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout_s)

    try:
        yield wait_for
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
