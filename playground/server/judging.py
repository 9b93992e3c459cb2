"""Answers judged by the `response_format` of the very request that was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.errors import PlaygroundError
from playground.schema.check import check_value
from playground.schema.engine import Schema
from playground.schema.verdict import JSON_OBJECT, Verdict, judge
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest
from playground.wire.request import ChatRequest


def response_format(request: PreparedRequest) -> dict[str, Any]:
    """The request's `response_format`; {} where it has none."""
    if b'"response_format"' not in request.body:  # most have none, and need not be read
        return {}
    try:
        return ChatRequest.parse_json(request.body).response_format or {}
    except PlaygroundError:
        return {}


def is_json(request: PreparedRequest) -> bool:
    """Whether JSON was asked for."""
    return response_format(request).get("type") in {"json_object", "json_schema"}


def answer_schema(request: PreparedRequest) -> Schema | None:
    """The schema that the answer must fit; any object without one; None where the schema cannot be used."""
    return schema_of(response_format(request))


def schema_of(format_: Mapping[str, Any]) -> Schema | None:
    """As `answer_schema`, of a `response_format`."""
    described = format_.get("json_schema")
    if not isinstance(described, dict):
        return JSON_OBJECT
    schema = described.get("schema", True)
    return schema if isinstance(schema, dict | bool) and not check_value(schema) else None


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is judged by, and the answer: plain values, which a worker can be given."""

    content: str
    finish_reason: str | None
    refusal: str
    schema: Schema

    def judge(self) -> Verdict:
        """The verdict."""
        return judge(self.content, finish_reason=self.finish_reason, refusal=self.refusal, schema=self.schema)


def question_of(exchange: Exchange) -> Question | None:
    """None where no JSON was asked for, where there is no answer, or no schema to use."""
    if not is_json(exchange.request) or exchange.error is not None or exchange.stopped:
        return None
    answer, schema = exchange.answer, answer_schema(exchange.request)
    if schema is None or (answer.tool_calls and not answer.content):
        return None
    return Question(answer.content, answer.finish_reason, answer.refusal, schema)


def verdict_on(exchange: Exchange) -> Verdict | None:
    """The verdict on an answer; None where there is none to be had."""
    question = question_of(exchange)
    return question.judge() if question else None
