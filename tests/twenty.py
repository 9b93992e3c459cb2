"""Two suites of twenty, for any server: forced tool calls, and answers held to a schema, at temperature 1.

Each run asks something else, every second one streams. A run that ends for want of tokens counts as a failure, since
the schemas leave the model no room for more.
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
UNITS = ("in Celsius", "in Fahrenheit")
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
    """Twenty requests that force a call; a line for each that brought no call, or one with invalid arguments."""

    def fault(shot: Exchange) -> str:
        calls = shot.answer.tool_calls
        if [call.name for call in calls] != ["get_weather"]:
            return f"not one call of get_weather: {shot.answer} {shot.error}"
        return fault_of(shot, calls[0].arguments)

    shots = await _ask_twenty(base_url, at_once, tools=TOOLS, tool_choice=tool_choice)
    return [f"run {run}: {fault(shot)}" for run, shot in enumerate(shots) if fault(shot)]


async def failed_schema_answers(base_url: str, *, at_once: int = 1) -> list[str]:
    """Twenty requests with a `json_schema`; a line for each answer that is not valid against it."""
    shots = await _ask_twenty(base_url, at_once, response_format=RESPONSE_FORMAT)
    faults = [fault_of(shot, shot.answer.content) for shot in shots]
    return [f"run {run}: {fault}" for run, fault in enumerate(faults) if fault]


async def _ask_twenty(base_url: str, at_once: int, **fields: Any) -> list[Exchange]:
    """The exchanges in order, `at_once` of them at a time."""
    free = asyncio.Semaphore(at_once)

    async def one(run: int) -> Exchange:
        wanted = f"What is the weather in {CITIES[run % len(CITIES)]} {UNITS[run // 10]}?"
        streamed = STREAMED if run % 2 else {}
        async with free:
            return await ask(base_url, wanted, temperature=1, seed=run, max_tokens=MAX_TOKENS, **streamed, **fields)

    return await asyncio.gather(*map(one, range(RUNS)))


def fault_of(shot: Exchange, text: str) -> str:
    """What is wrong with an answer that should be a value of the schema, or ""."""
    if shot.error is not None:
        return str(shot.error.to_dict())
    if shot.finish_reason not in {"stop", "tool_calls"}:
        return f"finish_reason {shot.finish_reason}: {text}"
    try:
        broken = list(jsonschema_rs.validator_for(SCHEMA).iter_errors(json.loads(text)))
    except ValueError as error:
        return f"{error}: {text}"
    return f"{broken[0].message}: {text}" if broken else ""
