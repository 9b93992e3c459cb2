"""Answers judged by the `response_format` of the very request that was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.schema.check import check_value
from playground.schema.engine import Schema
from playground.schema.verdict import JSON_OBJECT, Verdict, judge
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest

JSON_TYPES = ("json_object", "json_schema")


def is_json(request: PreparedRequest) -> bool:
    """Whether JSON was asked for."""
    return request.asked_format.get("type") in JSON_TYPES


def schema_of(format_: Mapping[str, Any]) -> Schema | None:
    """The schema that an answer must fit by a `response_format`; None where it cannot be used.

    To find that out takes long for some schemas: it belongs in a worker.
    """
    described = format_.get("json_schema")
    if not isinstance(described, dict):
        return JSON_OBJECT
    schema = described.get("schema", True)
    return schema if isinstance(schema, dict | bool) and not check_value(schema) else None


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is judged by, and the answer: plain values, which a worker can be given.

    Attributes:
        content, finish_reason, refusal: of the answer.
        format: the request's `response_format`; whether its schema can be used takes long to say.
    """

    content: str
    finish_reason: str | None
    refusal: str
    format: Mapping[str, Any]

    def judge(self) -> Verdict | None:
        """The verdict; None where the schema cannot be used."""
        schema = schema_of(self.format)
        if schema is None:
            return None
        return judge(self.content, finish_reason=self.finish_reason, refusal=self.refusal, schema=schema)


def question_of(exchange: Exchange) -> Question | None:
    """None where no JSON was asked for, or where there is no answer."""
    asked, answer = exchange.request.asked_format, exchange.answer
    if asked.get("type") not in JSON_TYPES or exchange.error is not None or exchange.stopped:
        return None
    if answer.tool_calls and not answer.content:
        return None
    return Question(answer.content, answer.finish_reason, answer.refusal, asked)
