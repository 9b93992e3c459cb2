"""The embedded model, started once for all tests that ask it."""

from collections.abc import Iterator

import pytest

from playground.engines.embedded.engine import EmbeddedEngine
from tests.background import background_loop


@pytest.fixture(scope="session")
def embedded_url() -> Iterator[str]:
    """The base URL of a running embedded engine, which lives in a thread's event loop."""

    async def start() -> tuple[EmbeddedEngine, str]:
        engine = EmbeddedEngine()
        return engine, await engine.__aenter__()

    with background_loop("embedded") as wait_for:
        engine, url = wait_for(start(), 150)
        try:
            yield url
        finally:
            wait_for(engine.stop(), 30)
