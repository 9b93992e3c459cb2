"""JSON of a response to events: one chunk of a stream, or one whole completion.

Nothing is assumed to be there: `choices` may be empty or null, `delta` may be missing, usage may come in any
chunk, and the reasoning is `reasoning_content` (SGLang, TheRouter) or `reasoning` (vLLM).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from playground.errors import StreamFailed, StreamProtocolError
from playground.wire.events import (
    ContentDelta,
    Finished,
    Identified,
    LogprobsDelta,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    ToolCallDelta,
    UsageReported,
)

REASONING_NAMES = ("reasoning_content", "reasoning")

MAX_VALUES = 400_000  # of one JSON text: read in about 0.05 s, some 40 MB; 3,000 tokens with 20 logprobs each have less
MAX_PARTS = 1_000  # choices of one event, tool calls of one of them
MAX_LOGPROBS = 4_000  # tokens of one event
MAX_NAME = 500  # characters of a name, an id, a reason
MAX_ERROR_CHARACTERS = 64 * 2**10
MAX_MESSAGE = 4_000  # characters
MAX_USAGE = 16 * 2**10  # characters

# Servers that cut a text by UTF-16 send halves of surrogate pairs, which no UTF-8 can carry; each becomes U+FFFD.
_HALF = re.compile("[\ud800-\udfff]")


def parse_chunk(data: str, at_s: float) -> Iterator[StreamEvent]:
    """The events of one chunk's JSON text.

    Raises:
        StreamProtocolError: it is no JSON object, or one with more than `MAX_VALUES` values.
        StreamFailed: it carries an `error`.
    """
    yield from _events(_load(data, "A chunk of the stream"), "delta", at_s)


def parse_completion(data: str, at_s: float) -> Iterator[StreamEvent]:
    """The events of a whole completion's JSON text; raises as `parse_chunk` does."""
    body = _load(data, "The response")
    if not isinstance(body.get("choices"), list):
        raise StreamProtocolError("The response has no list of choices.", excerpt=data)
    yield from _events(body, "message", at_s)


def read_values(data: str, most: int = MAX_VALUES) -> Any:
    """The value of a JSON text from outside.

    Raises:
        ValueError: it is no JSON. Its message says why.
        TooManyValues: it holds more than `most`: one character can be a value of 60 bytes.
    """
    if len(data) > most and data.count(",") + data.count("[") + data.count("{") > most:
        raise TooManyValues(f"it holds more than {most:,} values, which is more than is read")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if "\\ud" not in data and "\\uD" not in data:
            raise ValueError(error.msg) from None
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)  # Python's own takes halves
    except (ValueError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return orjson.loads(_HALF.sub("\ufffd", text))


class TooManyValues(ValueError):
    """A JSON text that is not read."""


def _load(data: str, what: str) -> dict[str, Any]:
    try:
        value = read_values(data)
    except TooManyValues as error:
        raise StreamProtocolError(f"{what} was not read: {error}.", excerpt=data) from None
    except ValueError as error:
        raise StreamProtocolError(f"{what} is no JSON: {error}.", excerpt=data) from None
    if not isinstance(value, dict):
        raise StreamProtocolError(f"{what} is no JSON object.", excerpt=data)
    if reported := value.get("error"):
        raise _stream_failed(reported, len(data))
    if value.get("object") == "error":  # SGLang's flat form
        raise _stream_failed(value, len(data))
    return value


def _stream_failed(error: Any, size: int) -> StreamFailed:
    """The error that was reported; of one that is `size` characters long, only what it says first."""
    is_long = size > MAX_ERROR_CHARACTERS or to_text(error) is None
    if is_long:
        said = error.get("message") if isinstance(error, dict) else error
        error = {"message": said if isinstance(said, str) else "its message is too long to be shown"}
    fields = error if isinstance(error, dict) else {"message": str(error)}
    message = cut(str(fields.get("message") or "no message was given"), MAX_MESSAGE)
    rest = {k: v for k, v in fields.items() if k not in {"message", "code", "type", "object"}}
    return StreamFailed(
        f"The server reported an error in its answer: {message}",
        code=fields.get("code"),
        type=fields.get("type"),
        metadata={"left_out": f"{size:,} characters of details, which are too many to be kept"} if is_long else rest,
        advice="What had come by then is kept. Try again, or ask the server's operator.",
    )


def _events(body: dict[str, Any], part: str, at_s: float) -> Iterator[StreamEvent]:
    if body.get("id") or body.get("model"):
        yield Identified(at_s, _str(body.get("id")), _str(body.get("model")))
    for position, choice in enumerate(_few(body.get("choices"), "choices")):
        if isinstance(choice, dict):
            yield from _choice(choice, part, position, at_s)
    if isinstance(usage := body.get("usage"), dict):
        yield UsageReported(at_s, _small(usage))


def _choice(choice: dict[str, Any], part: str, position: int, at_s: float) -> Iterator[StreamEvent]:
    index = choice.get("index")
    index = index if isinstance(index, int) else position
    delta = choice.get(part)
    if isinstance(delta, dict):
        for name in REASONING_NAMES:
            if isinstance(text := delta.get(name), str) and text:
                yield ReasoningDelta(at_s, text, index)
                break
        if text := _text(delta.get("content")):
            yield ContentDelta(at_s, text, index)
        if isinstance(text := delta.get("refusal"), str) and text:
            yield RefusalDelta(at_s, text, index)
        for place, call in enumerate(_few(delta.get("tool_calls"), "tool calls")):
            if isinstance(call, dict):
                yield _tool_call(call, place, index, at_s)
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict) and (tokens := [t for t in _list(logprobs.get("content")) if isinstance(t, dict)]):
        yield LogprobsDelta(at_s, tuple(tokens[:MAX_LOGPROBS]), index, max(0, len(tokens) - MAX_LOGPROBS))
    if reason := choice.get("finish_reason"):
        yield Finished(at_s, _str(reason) or "", index)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _few(value: Any, what: str) -> list[Any]:
    found = _list(value)
    if len(found) > MAX_PARTS:
        raise StreamProtocolError(
            f"One event of the answer has {len(found):,} {what}; at most {MAX_PARTS:,} are read.",
            advice="What had come by then is kept. Try again, or ask the server's operator.",
        )
    return found


def _str(value: Any) -> str | None:
    """A name; some servers number their calls. What is a list or an object is none."""
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    return cut(str(value), MAX_NAME)


def to_text(value: Any) -> str | None:
    """A value that was read, as JSON again; None where it is nested too deeply for that."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return None


def cut(text: str, most: int) -> str:
    """The text; of a longer one the first characters and a mark."""
    return text if len(text) <= most else f"{text[:most]}…"


def _small(usage: dict[str, Any]) -> dict[str, Any]:
    """The usage; without its lists and objects where it is too long to be one."""
    text = to_text(usage)
    if text is not None and len(text) <= MAX_USAGE:
        return usage
    few = list(usage.items())[:20]
    return {cut(name, 50): value for name, value in few if isinstance(value, int | float)}


def _text(content: Any) -> str:
    """The text of `content`: a string, or a list of parts (some gateways answer so)."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))
    return ""


def _tool_call(call: dict[str, Any], place: int, choice: int, at_s: float) -> ToolCallDelta:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    index = call.get("index")
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):  # a few servers send the object itself
        arguments = to_text(arguments) or "nested too deeply to be read"
    return ToolCallDelta(
        at_s,
        index=index if isinstance(index, int) else place,
        id=_str(call.get("id")),
        name=_str(function.get("name")),
        arguments=arguments or "",
        choice=choice,
    )
