"""The shapes of the protocol: completion objects, chunks, server-sent events, responses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.upstream.steps import Headers, Script, Status, Write

MODEL = "test/echo"
ID = "chatcmpl-test-0001"
CREATED = 1_700_000_000
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
SSE_HEADERS: Headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
OK_SSE = Status(200, SSE_HEADERS)
DONE = "[DONE]"


def usage(prompt_tokens: int = 7, completion_tokens: int = 5, **details: Any) -> dict[str, Any]:
    """A usage object; `details` are further fields, as `completion_tokens_details`."""
    total = prompt_tokens + completion_tokens
    counts = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
    return counts | details


def chunk(
    delta: Mapping[str, Any] | None,
    *,
    finish_reason: str | None = None,
    model: str = MODEL,
    **fields: Any,
) -> dict[str, Any]:
    """One `chat.completion.chunk`; `delta=None` gives empty `choices`."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": ID,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "choices": [] if delta is None else [choice],
    } | fields


def completion(
    message: Mapping[str, Any], *, finish_reason: str = "stop", model: str = MODEL, **fields: Any
) -> dict[str, Any]:
    """One `chat.completion`."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [choice],
    } | fields


def dump(value: Any) -> bytes:
    """JSON as the engines write it: no spaces, UTF-8 unescaped but for half a surrogate pair."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def sse(data: Any, *, line_end: str = "\n") -> bytes:
    """One event. `data` is text, bytes, or a value that becomes JSON."""
    if isinstance(data, str):
        data = data.encode()
    end = line_end.encode()
    return b"data: " + (data if isinstance(data, bytes) else dump(data)) + end + end


def body(data: bytes, *, code: int = 200, content_type: str = "application/json", headers: Headers = ()) -> Script:
    """A response with a length and one write."""
    fixed = (("content-type", content_type), ("content-length", str(len(data))))
    return Script((Status(code, fixed + headers, REASONS.get(code, "Unknown")), Write(data)))


def json_body(value: Any, *, code: int = 200, headers: Headers = ()) -> Script:
    """A JSON response."""
    return body(dump(value), code=code, headers=headers)


def events(data: Sequence[bytes]) -> Script:
    """A stream of ready-made events, each its own write."""
    return Script((OK_SSE, *map(Write, data)))
