"""Fixtures: the scriptable server, one for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.upstream import ThreadedUpstream, Upstream


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """In the test's own loop, for async tests."""
    async with Upstream() as server:
        yield server


@pytest.fixture
def threaded_upstream() -> Iterator[ThreadedUpstream]:
    """In a thread, for tests that block."""
    with ThreadedUpstream() as server:
        yield server
