"""Two suites of twenty, for any server: forced tool calls, and answers held to a schema.

Each run asks something else, every second one streams. The schema bounds every value, so that the tokens suffice: an
answer cut off counts as a failure. A grammar lets white space between JSON tokens go on without end, and a model of
135M parameters does that when it is sampled: hence the temperature of 0.
"""

import asyncio
import json
from typing import Any

import jsonschema_rs

from playground.wire.exchange import Exchange
from tests.asking import STREAMED, ask

RUNS = 20
MAX_TOKENS = 200
CITIES = ("Paris", "Oslo", "São Paulo", "Kyōto", "Nairobi")
HOWS = ("in Celsius", "in Fahrenheit, hour by hour", "for 3 days", "and will it rain")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 20},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 7},
        "hourly": {"type": "boolean"},
        "show": {"type": "array", "items": {"enum": ["rain", "wind", "sun"]}, "minItems": 1, "maxItems": 2},
    },
    "required": ["city", "unit", "days", "hourly", "show"],
    "additionalProperties": False,
}
# `strict`, as the API has it: without it SGLang holds the call to its form only, not the arguments to the schema.
FUNCTION = {"name": "get_weather", "description": "The weather of a city", "parameters": SCHEMA, "strict": True}
TOOLS: list[dict[str, Any]] = [{"type": "function", "function": FUNCTION}]
NAMED = {"type": "function", "function": {"name": "get_weather"}}
RESPONSE_FORMAT = {"type": "json_schema", "json_schema": {"name": "weather", "schema": SCHEMA, "strict": True}}


async def failed_tool_calls(base_url: str, tool_choice: str | dict[str, Any], *, at_once: int = 1) -> list[str]:
    """Twenty requests that force a call; a line for each that brought no call, or one with invalid arguments.

    What the model writes after its call does not count: SGLang lets it go on until `max_tokens`.
    """

    def fault(shot: Exchange) -> str:
        calls = shot.answer.tool_calls
        if not calls or calls[0].name != "get_weather":
            return f"no call of get_weather: {shot.answer} {shot.error}"
        return invalid(calls[0].arguments)

    shots = await _ask_twenty(base_url, at_once, tools=TOOLS, tool_choice=tool_choice)
    return [f"run {run}: {fault(shot)}" for run, shot in enumerate(shots) if fault(shot)]


async def failed_schema_answers(base_url: str, *, at_once: int = 1) -> list[str]:
    """Twenty requests with a `json_schema`; a line for each answer that is not valid against it."""
    shots = await _ask_twenty(base_url, at_once, response_format=RESPONSE_FORMAT)

    def fault(shot: Exchange) -> str:
        if shot.error is not None or shot.finish_reason != "stop":
            return f"finish_reason {shot.finish_reason}: {shot.answer} {shot.error}"
        return invalid(shot.answer.content)

    return [f"run {run}: {fault(shot)}" for run, shot in enumerate(shots) if fault(shot)]


async def _ask_twenty(base_url: str, at_once: int, **fields: Any) -> list[Exchange]:
    """The exchanges in order, `at_once` of them at a time."""
    free = asyncio.Semaphore(at_once)

    async def one(run: int) -> Exchange:
        wanted = f"What is the weather in {CITIES[run % len(CITIES)]} {HOWS[run // 5]}?"
        streamed = STREAMED if run % 2 else {}
        async with free:
            return await ask(base_url, wanted, max_tokens=MAX_TOKENS, **streamed, **fields)

    return await asyncio.gather(*map(one, range(RUNS)))


def invalid(text: str) -> str:
    """Why `text` is not a valid value of the schema, or ""."""
    try:
        broken = list(jsonschema_rs.validator_for(SCHEMA).iter_errors(json.loads(text)))
    except ValueError as error:
        return f"{error}: {text}"
    return f"{broken[0].message}: {text}" if broken else ""
