"""Errors that stand in an answer whose status was 200: in a chunk, a choice, or an event that is called one. Pure.

Besides OpenAI's `{"error": {"message", "type", "code"}}` there are SGLang's and vLLM's flat `{"object": "error", …}`,
DashScope's `{"code", "message", "request_id"}`, FastAPI's `{"detail"}`, MiniMax's `{"base_resp": {"status_code",
"status_msg"}}`, Baidu's `{"error_code", "error_msg"}`, Cloudflare's `{"success": false, "errors": [{"message"}]}`, and
OpenRouter's `error` in a choice.
"""

from collections.abc import Mapping
from typing import Any

from playground.errors import StreamFailed
from playground.wire.values import cut, member, read_values, to_text

MAX_ERROR_CHARACTERS = 64 * 2**10
MAX_MESSAGE = 4_000  # characters
_WORDS = ("message", "msg", "error_msg", "errorMessage", "status_msg", "detail", "title", "description", "reason")
_CODES = ("code", "error_code", "errorCode", "status_code", "status")
_ADVICE = "What was received until then is kept. Try again, or ask the server's operator."


def reported_error(body: Mapping[str, Any], size: int) -> StreamFailed | None:
    """The error that a chunk, or a whole body, of `size` characters reports; None where it reports none."""
    reported = body.get("error") or member(body, "x_groq", "error")
    if not reported and member(body, "base_resp", "status_code"):
        reported = body["base_resp"]
    if not reported and not (body.get("choices") or body.get("usage")):
        reported = _error_itself(body)
    return _failed(reported, size) if reported else None


def _error_itself(body: Mapping[str, Any]) -> Any:
    """What a body reports that is an error as a whole, without a field for it; None where it is none."""
    if isinstance(errors := body.get("errors"), list) and errors and errors[0]:
        return errors[0]
    is_one = body.get("object") == "error" or body.get("success") is False or _words(body) is not None
    return body if is_one else None


def error_of_choice(choice: Mapping[str, Any]) -> StreamFailed | None:
    """The error that a choice carries, or ends with."""
    if reported := choice.get("error"):
        return _failed(reported, len(to_text(reported) or ""))
    if choice.get("finish_reason") == "error":
        return _failed({"message": 'it ended the answer with the finish_reason "error" and gave no reason'}, 0)
    return None


def error_of_event(data: str) -> StreamFailed:
    """The error of an event that is called one, in whatever shape its data are."""
    try:
        value = read_values(data)
    except ValueError:
        value = data
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        return reported_error(value, len(data)) or _failed(value, len(data))
    return _failed(data, len(data))


def _failed(error: Any, size: int) -> StreamFailed:
    """Of an error that is `size` characters long, only what it says first."""
    is_long = size > MAX_ERROR_CHARACTERS or to_text(error) is None
    fields = error if isinstance(error, dict) else {"message": error if isinstance(error, str) else to_text(error)}
    said = _words(fields) or ("its message is too long to be shown" if is_long else to_text(fields))
    code = next((fields[name] for name in _CODES if isinstance(fields.get(name), int | str)), None)
    rest = {k: v for k, v in fields.items() if k not in {"message", "code", "type", "object"}}
    return StreamFailed(
        f"The server reported an error in its answer: {cut(said or 'no message was given', MAX_MESSAGE)}",
        code=code,
        type=fields.get("type"),
        metadata={"left_out": f"{size:,} characters of details, which are too many to be kept"} if is_long else rest,
        advice=_ADVICE,
    )


def _words(fields: Mapping[str, Any]) -> str | None:
    """What an error says; None where it says nothing."""
    for name in _WORDS:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list | dict) and value and name == "detail":  # FastAPI's list of what is wrong
            return to_text(value)
    return None
