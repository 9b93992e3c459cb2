"""Fixtures: the app in front of the upstream, and a browser's part."""

from collections.abc import AsyncIterator

import pytest

from playground.app.context import Context
from tests.app.conftest import context, conversation
from tests.web.running import Browser, serving

__all__ = ["address", "browser", "context", "conversation"]


@pytest.fixture
async def address(context: Context) -> AsyncIterator[str]:
    async with serving(context) as address:
        yield address


@pytest.fixture
async def browser(address: str) -> AsyncIterator[Browser]:
    browser = Browser(address)
    yield browser
    await browser.http.aclose()
