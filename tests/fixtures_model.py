"""The embedded model, started once for all tests that ask it."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from playground.engines.embedded_engine import EmbeddedEngine


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The base URL of a running embedded engine, which lives in a thread's event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="embedded", daemon=True)
    thread.start()

    async def start() -> tuple[EmbeddedEngine, str]:
        engine = EmbeddedEngine()
        return engine, await engine.__aenter__()

    try:
        engine, url = asyncio.run_coroutine_threadsafe(start(), loop).result(150)
        try:
            yield url
        finally:
            asyncio.run_coroutine_threadsafe(engine.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
