"""A protocol of requests and answers as one value: where requests go, what they are, and how an answer is read.

`prepare` makes requests of it, and the client reads answers by it; neither knows another name of the protocol. A
second one (`/responses`, `/messages`) is a second value, whose parser makes the same events.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from playground.wire.events import StreamEvent
from playground.wire.parse import is_done, parse_body, parse_chunk
from playground.wire.request import ChatRequest


class WireRequest(Protocol):
    """What `prepare` asks of a request."""

    @classmethod
    def parse_json(cls, text: str | bytes) -> Self:
        """Read JSON text; an InvalidRequest where it is not such a request."""
        ...

    def to_wire(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        ...

    @property
    def choices(self) -> int:
        """How many choices are asked for."""
        ...

    @property
    def asked_format(self) -> Mapping[str, Any]:
        """What an answer in JSON is judged by, shaped as Chat Completions' `response_format`; {} where none is."""
        ...


class Reader(Protocol):
    """Reads a text of an answer that came at `at_s`; with `one_choice`, the index of a choice says nothing."""

    def __call__(self, data: str, at_s: float, *, one_choice: bool) -> Iterator[StreamEvent]:
        """The events in it; a StreamProtocolError or StreamFailed where it is not an answer."""
        ...


@dataclass(frozen=True, slots=True)
class Api:
    """One protocol.

    Attributes:
        id: its name in a record of an exchange.
        path: of its endpoint, behind the base URL.
        request: the model of its requests.
        read_chunk: reads the data of one server-sent event.
        read_body: reads a whole body.
        is_done: whether an event's data says that the stream has ended.
    """

    id: str
    path: str
    request: type[WireRequest]
    read_chunk: Reader
    read_body: Reader
    is_done: Callable[[str], bool]


CHAT_COMPLETIONS = Api("chat_completions", "chat/completions", ChatRequest, parse_chunk, parse_body, is_done)
APIS = {api.id: api for api in (CHAT_COMPLETIONS,)}
