"""Real engines, twenty times each: forced tool calls, and answers held to a schema."""

from tests.real_engines.running import Running
from tests.twenty import NAMED, failed_schema_answers, failed_tool_calls

AT_ONCE = 5


async def test_twenty_of_twenty_tool_calls_are_valid(server: Running) -> None:
    choice = NAMED if server.engine.name == "vllm" else "required"
    assert await failed_tool_calls(server.base_url, choice, at_once=AT_ONCE) == []


async def test_twenty_of_twenty_schema_answers_are_valid(base_url: str) -> None:
    assert await failed_schema_answers(base_url, at_once=AT_ONCE) == []
