"""The Chat Completions request as a value.

Field names and shapes: OpenAI API reference, "Create chat completion" (2026-10), with TheRouter's additions
(`models`, `provider`, `reasoning`, …) and three fields of the engines (`top_k`, `min_p`, `repetition_penalty`).
Ranges are told beside the types and not checked: what a server refuses is the server's to say.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

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
from playground.wire.parameters import ENGINES, EVERYONE, Dialect, Parameter

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
    temperature: Annotated[Number | None, Parameter("0 to 2", "Higher values make answers more varied", EVERYONE)] = (
        None
    )
    top_p: Annotated[
        Number | None, Parameter("0 to 1", "Samples from the most likely tokens up to this total probability", EVERYONE)
    ] = None
    max_tokens: Annotated[
        StrictInt | None, Parameter("from 1", "Maximum length of the answer, in tokens", EVERYONE)
    ] = None
    max_completion_tokens: Annotated[
        StrictInt | None, Parameter("from 1", "Maximum length including reasoning; OpenAI's newer name", EVERYONE)
    ] = None
    seed: Annotated[
        StrictInt | None, Parameter("whole number", "The same seed should give the same answer", EVERYONE)
    ] = None
    stop: Annotated[
        StrictStr | list[StrictStr] | None,
        Parameter("text or JSON list", "The answer ends before this text", EVERYONE),
    ] = None
    presence_penalty: Annotated[Number | None, Parameter("-2 to 2", "Above 0 favours new topics", EVERYONE)] = None
    frequency_penalty: Annotated[Number | None, Parameter("-2 to 2", "Above 0 discourages repetition", EVERYONE)] = None
    n: Annotated[StrictInt | None, Parameter("from 1", "Number of answers", EVERYONE)] = None
    logprobs: Annotated[
        StrictBool | None, Parameter("true or false", "Returns the log probability of each token", EVERYONE)
    ] = None
    top_logprobs: Annotated[
        StrictInt | None, Parameter("0 to 20", "Alternatives returned for each token; needs logprobs", EVERYONE)
    ] = None
    logit_bias: Annotated[
        dict[str, Number] | None, Parameter("JSON object", "Token ids and what is added to their logits", EVERYONE)
    ] = None
    reasoning_effort: Annotated[
        StrictStr | None, Parameter("low, medium, high", "How long a reasoning model thinks", EVERYONE)
    ] = None
    user: Annotated[
        StrictStr | None,
        Parameter(
            "text",
            "Your own id for the end user",
            EVERYONE - {Dialect.LLAMA_CPP},
            not_by=frozenset({Dialect.LLAMA_CPP}),
        ),
    ] = None
    top_k: Annotated[
        StrictInt | None,
        Parameter(
            "from 1", "Samples from this many of the most likely tokens", ENGINES, not_by=frozenset({Dialect.OPENAI})
        ),
    ] = None
    min_p: Annotated[
        Number | None,
        Parameter(
            "0 to 1",
            "Drops tokens below this fraction of the top token's probability",
            ENGINES,
            not_by=frozenset({Dialect.OPENAI}),
        ),
    ] = None
    repetition_penalty: Annotated[
        Number | None,
        Parameter(
            "above 0, up to 2",
            "Above 1 discourages repetition",
            frozenset({Dialect.VLLM, Dialect.SGLANG}),
            not_by=frozenset({Dialect.OPENAI, Dialect.LLAMA_CPP}),
        ),
    ] = None
    reasoning: dict[str, Json] | None = None
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
