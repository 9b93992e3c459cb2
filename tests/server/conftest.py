"""Fixtures: the app in front of the upstream, and a browser's part."""

from collections.abc import AsyncIterator

import pytest

from playground.server.context import Context
from playground.server.conversations import Conversation
from tests.server.running import OWNER, TAB, Browser, context_for, serving
from tests.upstream import Upstream


@pytest.fixture
async def context(upstream: Upstream) -> Context:
    return context_for(upstream.base_url)


@pytest.fixture
async def address(context: Context) -> AsyncIterator[str]:
    async with serving(context) as address:
        yield address


@pytest.fixture
async def browser(address: str) -> AsyncIterator[Browser]:
    browser = Browser(address)
    yield browser
    await browser.http.aclose()


@pytest.fixture
def conversation(context: Context) -> Conversation:
    return context.conversations.get(TAB, OWNER)
