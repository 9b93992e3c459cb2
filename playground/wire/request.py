"""The Chat Completions request as a value.

Field names and shapes: OpenAI API reference, "Create chat completion" (2026-10), with TheRouter's additions
(`models`, `provider`, `reasoning`, …). Ranges are not checked: what a server refuses is the server's to say.
"""

import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from playground.errors import InvalidRequest
from playground.wire.json_text import parse_json

Number = StrictInt | float
Json = Any


class WireModel(BaseModel):
    """A JSON object that keeps every field it was given, unknown ones too, in the order given.

    `to_wire()` returns exactly the fields that were given: nothing is added, nothing dropped.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    _given: dict[str, Json] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_what_was_given(cls, data: Json, handler: ModelWrapValidatorHandler[Self]) -> Self:
        model = handler(data)
        if isinstance(data, Mapping):
            model.__pydantic_private__ = {"_given": dict(data)}
        return model

    def to_wire(self) -> dict[str, Json]:
        """The object as it was given: a new dict, its values shared."""
        return dict(self._given)


class Message(WireModel):
    """One message. `content` is a string, a list of content parts, or None beside `tool_calls`."""

    role: StrictStr
    content: StrictStr | list[dict[str, Json]] | None = None
    name: StrictStr | None = None
    tool_calls: list[dict[str, Json]] | None = None
    tool_call_id: StrictStr | None = None


class ChatRequest(WireModel):
    """A Chat Completions request: what is typed here is documented, what is not passes through untouched."""

    model: StrictStr | None = None
    messages: list[Message]
    stream: StrictBool | None = None
    stream_options: dict[str, Json] | None = None
    response_format: dict[str, Json] | None = None
    tools: list[dict[str, Json]] | None = None
    tool_choice: StrictStr | dict[str, Json] | None = None
    parallel_tool_calls: StrictBool | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    max_tokens: StrictInt | None = None
    max_completion_tokens: StrictInt | None = None
    n: StrictInt | None = None
    seed: StrictInt | None = None
    stop: StrictStr | list[StrictStr] | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    logit_bias: dict[str, Number] | None = None
    logprobs: StrictBool | None = None
    top_logprobs: StrictInt | None = None
    reasoning: dict[str, Json] | None = None
    reasoning_effort: StrictStr | None = None
    user: StrictStr | None = None
    models: list[StrictStr] | None = None
    provider: dict[str, Json] | None = None

    @classmethod
    def parse(cls, data: Json) -> Self:
        """Check a JSON value.

        Raises:
            InvalidRequest: it is not a request; the message has the path to the first fault.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(str(part) for part in first["loc"])
            where = f" at {path}" if path else ""
            more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise InvalidRequest(f"This is not a chat request{where}: {first['msg']}{more}.", field=path) from None

    @classmethod
    def parse_json(cls, text: str | bytes) -> Self:
        """Read JSON text, then `parse`.

        Raises:
            InvalidRequest: it is not valid JSON (line and column are in the message), or no request.
        """
        try:
            data = parse_json(text)
        except json.JSONDecodeError as error:
            raise InvalidRequest(f"Invalid JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
        except ValueError as error:  # no UTF-8, NaN, a number of thousands of digits, nesting
            raise InvalidRequest(f"Invalid JSON: {error}.") from None
        return cls.parse(data)

    def replace(self, **fields: Json) -> Self:
        """A copy with these top-level fields set; a field that was there keeps its place."""
        return self.parse(self.to_wire() | fields)

    @property
    def choices(self) -> int:
        """How many choices are asked for."""
        return self.n or 1

    @property
    def asked_format(self) -> Mapping[str, Json]:
        """The `response_format`; {} where none is asked for."""
        return self.response_format or {}

    @property
    def streams(self) -> bool:
        """Whether an event stream is asked for."""
        return self.stream is True
