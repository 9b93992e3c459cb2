"""Fixtures: the app's context with the upstream as its backend, and a conversation in it."""

import pytest

from playground.app.context import Context
from playground.app.conversations import Conversation
from tests.upstream import Upstream
from tests.web.running import OWNER, TAB, context_for


@pytest.fixture
async def context(upstream: Upstream) -> Context:
    return context_for(upstream.base_url)


@pytest.fixture
def conversation(context: Context) -> Conversation:
    return context.conversations.get(TAB, OWNER)
