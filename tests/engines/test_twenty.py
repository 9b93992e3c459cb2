"""The embedded model, twenty times each: forced tool calls, and answers held to a schema."""

import pytest

from tests.twenty import failed_schema_answers, failed_tool_calls

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]  # a minute alone, many on a busy machine


async def test_twenty_of_twenty_tool_calls_are_valid(embedded_url: str) -> None:
    assert await failed_tool_calls(embedded_url, "required") == []


async def test_twenty_of_twenty_schema_answers_are_valid(embedded_url: str) -> None:
    assert await failed_schema_answers(embedded_url) == []
