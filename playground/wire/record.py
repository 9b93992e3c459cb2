"""An exchange as a JSON document that can be read back: what a history keeps and an export holds. Pure.

The document says its version. A reader takes its own version and those before it; a later one is refused, since it may
hold what this reader would drop. No key is in it: an exchange names keys only.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
)

from playground.errors import InvalidRecord, InvalidRequest, PlaygroundError
from playground.wire import events as ev
from playground.wire.answer import Answer, ToolCall
from playground.wire.api import APIS, CHAT_COMPLETIONS
from playground.wire.exchange import Exchange, Piece
from playground.wire.metrics import Timings
from playground.wire.prepared import Auth, PreparedRequest

VERSION: Literal[1] = 1
Seconds = StrictFloat | StrictInt
Pairs = tuple[tuple[StrictStr, StrictStr], ...]
Json = Any


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestRecord(_Part):
    """A prepared request; `body` is text, or `{"base64": …}` where the bytes are none."""

    method: StrictStr
    url: StrictStr
    key_name: StrictStr | None = None
    auth: Auth = Auth.BEARER
    headers: Pairs = ()
    body: StrictStr | dict[Literal["base64"], StrictStr] = ""
    n: StrictInt = 1
    api: StrictStr = CHAT_COMPLETIONS.id

    @field_validator("api")
    @classmethod
    def _is_known(cls, api: str) -> str:
        if api not in APIS:
            raise ValueError(f"the API {api!r} is not known to this version")
        return api

    @classmethod
    def of(cls, request: PreparedRequest) -> Self:
        """As it is written."""
        body: str | dict[Literal["base64"], str]
        try:
            body = request.body.decode()
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(request.body).decode()}
        given = {name: getattr(request, name) for name in cls.model_fields if name not in {"body", "api"}}
        return cls(**given, body=body, api=request.api.id)

    def read(self) -> PreparedRequest:
        """As it was."""
        body = (
            self.body.encode() if isinstance(self.body, str) else base64.b64decode(self.body["base64"], validate=True)
        )
        api = APIS[self.api]
        given = (self.method, self.url, self.key_name, self.headers, body, self.n, self.auth, api)
        try:
            return PreparedRequest(*given, api.request.parse_json(body).asked_format)
        except InvalidRequest:  # a request that was sent as bytes, whatever they were
            return PreparedRequest(*given)


class CallRecord(_Part):
    """A tool call of an answer."""

    index: StrictInt
    id: StrictStr | None = None
    name: StrictStr = ""
    arguments: StrictStr = ""
    extra: dict[str, Json] = {}
    is_legacy: StrictBool = False


class AnswerRecord(_Part):
    """One choice's message."""

    content: StrictStr = ""
    reasoning: StrictStr = ""
    refusal: StrictStr = ""
    tool_calls: tuple[CallRecord, ...] = ()
    logprobs: tuple[dict[str, Json], ...] = ()
    finish_reason: StrictStr | None = None
    reasoning_name: StrictStr = ""
    fields: dict[str, Json] = {}

    def read(self) -> Answer:
        """As it was."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "tool_calls"}
        return Answer(**given, tool_calls=tuple(ToolCall(**dict(call)) for call in self.tool_calls))


class TimingsRecord(_Part):
    """All that was measured, in seconds."""

    connect_s: Seconds | None = None
    connection_reused: StrictBool = False
    headers_s: Seconds | None = None
    first_byte_s: Seconds | None = None
    first_reasoning_s: Seconds | None = None
    first_content_s: Seconds | None = None
    first_tool_call_s: Seconds | None = None
    last_delta_s: Seconds | None = None
    e2e_s: Seconds | None = None
    itl_s: tuple[Seconds, ...] = ()
    completion_tokens: StrictInt | None = None


class Record(_Part):
    """An exchange, as it is written.

    Attributes:
        version: of this document.
        request: what was sent.
        status, reason, request_headers, response_headers: the head of the response, and the headers really sent.
        answers: one for each choice.
        events: the raw `data` of each event with its time; `dropped_events` more were not kept.
        pieces: the deltas: time, kind, text, and the place of their event.
        notes: what was too much to be kept, and what was not understood.
        error: all its fields, and as `kind` its class.
    """

    version: Literal[1] = VERSION
    request: RequestRecord
    status: StrictInt | None = None
    reason: StrictStr = ""
    request_headers: Pairs = ()
    response_headers: Pairs = ()
    id: StrictStr | None = None
    model: StrictStr | None = None
    answers: tuple[AnswerRecord, ...] = Field((AnswerRecord(),), min_length=1)
    usage: dict[str, Json] | None = None
    timings: TimingsRecord = TimingsRecord()
    events: tuple[tuple[Seconds, StrictStr], ...] = ()
    dropped_events: StrictInt = 0
    pieces: tuple[tuple[Seconds, StrictStr, StrictStr, StrictInt], ...] = ()
    kept_bytes: StrictInt = 0
    notes: tuple[StrictStr, ...] = ()
    error: dict[str, Json] | None = None
    stopped: StrictBool = False
    done: StrictBool = False


def write_exchange(exchange: Exchange) -> dict[str, Json]:
    """The document, of JSON's types alone."""
    record = Record(
        request=RequestRecord.of(exchange.request),
        status=exchange.status_code,
        reason=exchange.reason,
        request_headers=exchange.request_headers,
        response_headers=exchange.response_headers,
        id=exchange.id,
        model=exchange.model,
        answers=tuple(AnswerRecord(**asdict(answer)) for answer in exchange.answers),
        usage=exchange.usage,
        timings=TimingsRecord(**asdict(exchange.timings)),
        events=tuple((chunk.at_s, chunk.data) for chunk in exchange.chunks),
        dropped_events=exchange.dropped_chunks,
        pieces=tuple((piece.at_s, piece.kind, piece.text, piece.chunk) for piece in exchange.pieces),
        kept_bytes=exchange.kept_bytes,
        notes=exchange.left_out,
        error=_write_error(exchange.error) if exchange.error else None,
        stopped=exchange.stopped,
        done=exchange.done,
    )
    return record.model_dump(mode="json")


def read_exchange(document: Json) -> Exchange:
    """The exchange that was written.

    Raises:
        InvalidRecord: it is none; the message has the path to the first fault.
    """
    if isinstance(document, Mapping) and isinstance(version := document.get("version"), int) and version > VERSION:
        raise InvalidRecord(
            f"It was written by a later version of the playground (format {version}; this one reads up to {VERSION}).",
            advice="Update the playground.",
        )
    try:
        record = Record.model_validate(document)
        request = record.request.read()
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise InvalidRecord(f"Not a recorded exchange{f' at {path}' if path else ''}: {first['msg']}.") from None
    except binascii.Error as error:
        raise InvalidRecord(f"Not a recorded exchange at request.body: {error}.") from None
    return Exchange(
        request=request,
        status_code=record.status,
        reason=record.reason,
        request_headers=record.request_headers,
        response_headers=record.response_headers,
        id=record.id,
        model=record.model,
        answers=tuple(answer.read() for answer in record.answers),
        usage=record.usage,
        timings=Timings(**dict(record.timings)),
        chunks=tuple(ev.ChunkReceived(at_s, data) for at_s, data in record.events),
        dropped_chunks=record.dropped_events,
        pieces=tuple(Piece(*piece) for piece in record.pieces),
        kept_bytes=record.kept_bytes,
        left_out=record.notes,
        error=_read_error(record.error) if record.error is not None else None,
        stopped=record.stopped,
        done=record.done,
    )


def _write_error(error: PlaygroundError) -> dict[str, Json]:
    return {"kind": type(error).__name__} | vars(error)


def _read_error(fields: Mapping[str, Json]) -> PlaygroundError:
    """The error; of a type that is not known here, one that says the same."""
    kinds = {kind.__name__: kind for kind in _kinds(PlaygroundError)}
    given = {"message": "", "advice": ""} | {name: value for name, value in fields.items() if name != "kind"}
    return kinds.get(str(fields.get("kind")), PlaygroundError).restored(given)


def _kinds(kind: type[PlaygroundError]) -> Iterator[type[PlaygroundError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)
