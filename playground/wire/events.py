"""What can happen in an exchange: a tagged union, each event with its time.

`at_s` is seconds from the moment the request was handed to the transport, by a monotonic clock.
A response that does not stream gives the same events, all at one time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from playground.errors import PlaygroundError


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection stands. `reused`: it was open already."""

    at_s: float
    reused: bool


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """Status and headers are here. `request_headers`: what the client really sent, the key masked."""

    at_s: float
    status_code: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    request_headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FirstByte:
    """The first byte of the body."""

    at_s: float


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """One server-sent event's `data`, or the whole body of an answer that does not stream."""

    at_s: float
    data: str


@dataclass(frozen=True, slots=True)
class ContentDelta:
    """A piece of the answer's text."""

    at_s: float
    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the reasoning. `name`: the field it came in as plain text; "" where it came in another shape."""

    at_s: float
    text: str
    choice: int = 0
    name: str = "reasoning_content"


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """A piece of a refusal."""

    at_s: float
    text: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of call number `index`; `arguments` is appended.

    `extra` are the call's other fields, `is_legacy` says that it came as `function_call`.
    """

    at_s: float
    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    choice: int = 0
    extra: Mapping[str, Any] | None = None
    is_legacy: bool = False


@dataclass(frozen=True, slots=True)
class FieldsDelta:
    """Fields of the message besides its texts and calls, as they came; `content` are its parts that are not text."""

    at_s: float
    fields: Mapping[str, Any]
    choice: int = 0


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """An event that says nothing that is known here. `what`: its beginning, as it came."""

    at_s: float
    what: str


@dataclass(frozen=True, slots=True)
class LogprobsDelta:
    """Token log-probabilities, as the server wrote them. `dropped`: how many more there were."""

    at_s: float
    content: tuple[dict[str, Any], ...]
    choice: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class UsageReported:
    """Token counts, as the server wrote them."""

    at_s: float
    usage: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Identified:
    """The body's own `id` and `model`: the model that really answered."""

    at_s: float
    id: str | None
    model: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A choice is complete: stop, length, tool_calls, content_filter, …."""

    at_s: float
    reason: str
    choice: int = 0


@dataclass(frozen=True, slots=True)
class Completed:
    """The response ended as it should."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The exchange ended with an error; what came before it stays."""

    at_s: float
    error: PlaygroundError


@dataclass(frozen=True, slots=True)
class Stopped:
    """The person stopped it; what came before stays."""

    at_s: float


Delta: TypeAlias = ContentDelta | ReasoningDelta | RefusalDelta | ToolCallDelta
StreamEvent: TypeAlias = (
    Connected
    | ResponseStarted
    | FirstByte
    | ChunkReceived
    | Delta
    | FieldsDelta
    | LogprobsDelta
    | NotUnderstood
    | UsageReported
    | Identified
    | Finished
    | Completed
    | Failed
    | Stopped
)
