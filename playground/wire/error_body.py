"""An error response to an `APIStatusError`, in every shape the backends use.

- TheRouter: `{"error": {message, type, code, param, balance?, actions?, metadata?}}` (`code`: number or word)
- vLLM: `{"error": {message, type, param, code}}`
- SGLang: `{"object": "error", message, type, param, code}`; 401 is `{"error": "Unauthorized"}`
- Gemini: `[{"error": {message, code, status}}]`, a list of one, also at its OpenAI-compatible endpoint
- FastAPI's `{"detail": …}`; and pages of HTML from proxies on the way.
"""

import html
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from playground.errors import APIStatusError
from playground.wire.no_images import NO_IMAGES, says_no_images
from playground.wire.redirect import advise_redirect
from playground.wire.reported import MAX_MESSAGE
from playground.wire.retry_after import read_retry_after
from playground.wire.values import cut, to_text

MAX_BODY_CHARACTERS = 64 * 2**10
_UNSEEN = ("script", "style")

ADVICE = {
    400: "The server rejected this request; its message says what to change.",
    401: "Check the API key: it is missing, or the server rejected it.",
    402: "The account has no credit left: top it up, or choose another backend.",
    403: "This key is not allowed to do that.",
    404: "Check the model's name and the base URL (it usually ends in /v1).",
    408: "The server timed out; try again.",
    413: "The request is too large for this server.",
    422: "The server rejected this request; its message says what to change.",
    429: "Too many requests (rate limit); wait, then try again.",
    500: "This is an error in the server; try again.",
    502: "The gateway could not reach the model's server; try again.",
    503: "The server is not ready, or overloaded; try again in a moment.",
    504: "The gateway timed out waiting for the model's server; try again.",
}


def parse_error(
    status_code: int,
    reason: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    url: str = "",
    now: Callable[[], float] = time.time,
) -> APIStatusError:
    """The error that this response is; never raises.

    Args:
        status_code: the status.
        reason: the words beside it.
        headers: the response's.
        body: the response's, or the beginning of it.
        url: what was asked: a redirect is told by it.
        now: seconds since the epoch, for a `Retry-After` that is a date in an answer without one.
    """
    named = {name.lower(): value for name, value in headers}
    text = body[: 4 * MAX_BODY_CHARACTERS].decode("utf-8", errors="replace")[:MAX_BODY_CHARACTERS]
    fields = _fields(text)
    metadata = {k: v for k, v in fields.items() if k not in {"message", "type", "code", "param", "object"}}
    nested = metadata.get("metadata")
    nested_id = nested.get("request_id") if isinstance(nested, dict) else None
    retry_after_s = read_retry_after(named, now)
    said = cut((_words(fields.get("message")) or _plain(text) or reason or "no message").strip(), MAX_MESSAGE)
    advice = ADVICE.get(status_code, "")
    if retry_after_s is not None:
        advice = f"Wait {f'{retry_after_s:,.1f}'.removesuffix('.0')} s, then try again."
    if 300 <= status_code < 400:  # noqa: PLR2004 - the class of redirects
        advice = advise_redirect(url, named.get("location", ""))
    elif says_no_images(said):
        advice = NO_IMAGES
    return APIStatusError(
        f"{status_code} {reason}".strip() + f": {said}",
        status_code=status_code,
        code=fields.get("code"),
        param=fields.get("param"),
        type=fields.get("type"),
        request_id=named.get("x-request-id") or nested_id,
        retry_after_s=retry_after_s,
        body=text,
        metadata=metadata,
        advice=advice,
    )


def _fields(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = {}
    if to_text(value) is None:  # nested too deeply to be shown
        value = {}
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, dict) and one.get("error")), value)
    if not isinstance(value, dict):
        return {"message": str(value)} if value else {}
    error = value.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {"message": error}
    if "message" not in value and (detail := value.get("detail")):
        return {"message": detail if isinstance(detail, str) else orjson.dumps(detail).decode()}
    return value


def _plain(text: str) -> str:
    """The words of an HTML page, or the text itself; at most 300 characters. Linear, whatever the text is."""
    words: list[str] = []
    first, *tags = text.split("<")
    hidden = ""  # the element whose words nobody sees
    for tag in tags:
        inside, end, after = tag.partition(">")
        if hidden:
            hidden = "" if end and inside.lower().strip() == f"/{hidden}" else hidden
            words.append(after if not hidden else "")
            continue
        hidden = next((name for name in _UNSEEN if end and re.match(rf"{name}\b", inside, re.IGNORECASE)), "")
        words.append("" if hidden else after if end else f"<{tag}")
    return " ".join(html.unescape(" ".join([first, *words])).split())[:300]


def _words(message: Any) -> str:
    """A message as text: some servers put an object there."""
    if isinstance(message, dict | list) and message:
        return orjson.dumps(message).decode()
    return str(message) if message else ""
