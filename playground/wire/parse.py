"""JSON of a response to events: one chunk of a stream, or one whole completion.

Nothing is assumed to be there: `choices` may be empty or null, `delta` may be missing, usage may come in any
chunk, and the reasoning is `reasoning_content` (SGLang, TheRouter) or `reasoning` (vLLM).
"""

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

# An escaped backslash, a whole surrogate pair, or half of one: servers that cut a text by UTF-16 send halves, which
# no UTF-8 can carry; each becomes U+FFFD.
_LONE = re.compile(r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


def parse_chunk(data: str, at_s: float) -> Iterator[StreamEvent]:
    """The events of one chunk's JSON text.

    Raises:
        StreamProtocolError: it is no JSON object.
        StreamFailed: it carries an `error`.
    """
    yield from _events(_load(data, "A chunk of the stream"), "delta", at_s)


def parse_completion(data: str, at_s: float) -> Iterator[StreamEvent]:
    """The events of a whole completion's JSON text; raises as `parse_chunk` does."""
    body = _load(data, "The response")
    if not isinstance(body.get("choices"), list):
        raise StreamProtocolError("The response has no list of choices.", excerpt=data)
    yield from _events(body, "message", at_s)


def _replacement(match: re.Match[str]) -> str:
    return "\\ufffd" if match[1] else match[0]


def _load(data: str, what: str) -> dict[str, Any]:
    try:
        value = orjson.loads(_LONE.sub(_replacement, data) if "\\ud" in data or "\\uD" in data else data)
    except orjson.JSONDecodeError as error:
        raise StreamProtocolError(f"{what} is no JSON: {error.msg}.", excerpt=data) from None
    if not isinstance(value, dict):
        raise StreamProtocolError(f"{what} is no JSON object.", excerpt=data)
    if reported := value.get("error"):
        raise _stream_failed(reported)
    if value.get("object") == "error":  # SGLang's flat form
        raise _stream_failed(value)
    return value


def _stream_failed(error: Any) -> StreamFailed:
    fields = error if isinstance(error, dict) else {"message": str(error)}
    message = fields.get("message") or "no message was given"
    rest = {k: v for k, v in fields.items() if k not in {"message", "code", "type", "object"}}
    return StreamFailed(
        f"The server reported an error in its answer: {message}",
        code=fields.get("code"),
        type=fields.get("type"),
        metadata=rest,
        advice="What had come by then is kept. Try again, or ask the server's operator.",
    )


def _events(body: dict[str, Any], part: str, at_s: float) -> Iterator[StreamEvent]:
    if body.get("id") or body.get("model"):
        yield Identified(at_s, _str(body.get("id")), _str(body.get("model")))
    for position, choice in enumerate(_list(body.get("choices"))):
        if isinstance(choice, dict):
            yield from _choice(choice, part, position, at_s)
    if isinstance(usage := body.get("usage"), dict):
        yield UsageReported(at_s, usage)


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
        for place, call in enumerate(_list(delta.get("tool_calls"))):
            if isinstance(call, dict):
                yield _tool_call(call, place, index, at_s)
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict) and (tokens := [t for t in _list(logprobs.get("content")) if isinstance(t, dict)]):
        yield LogprobsDelta(at_s, tuple(tokens), index)
    if reason := choice.get("finish_reason"):
        yield Finished(at_s, str(reason), index)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _str(value: Any) -> str | None:
    """A name; some servers number their calls."""
    return None if value is None or value == "" else str(value)


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
        arguments = orjson.dumps(arguments).decode()
    return ToolCallDelta(
        at_s,
        index=index if isinstance(index, int) else place,
        id=_str(call.get("id")),
        name=_str(function.get("name")),
        arguments=arguments or "",
        choice=choice,
    )
