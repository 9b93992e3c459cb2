"""What stands in a message or in a piece of one, whatever shape it has: text, reasoning, refusal, other fields. Pure.

Nothing is dropped: what has no meaning here goes on as it came, as a field.
"""

from collections.abc import Iterator
from typing import Any

from playground.wire.events import ContentDelta, FieldsDelta, ReasoningDelta, RefusalDelta, StreamEvent
from playground.wire.shapes import REASONING_NAMES, THINKING, is_reasoning, text_of_reasoning
from playground.wire.values import to_text, writable

_READ = frozenset({"role", "content", "refusal", "tool_calls", "function_call", "tool_call_id"})
_EMPTY: tuple[Any, ...] = (None, [], {})


def read_message(message: dict[str, Any], choice: int, at_s: float) -> Iterator[StreamEvent]:
    """The events of all but its calls."""
    text, parts = _content(message.get("content"))
    fields: dict[str, Any] = {}
    if parts or not message.keys() <= _READ:  # few pieces of a stream have more than role and content
        name, fields = _besides(message)
        if parts:
            fields["content"] = parts
        if name:
            yield ReasoningDelta(at_s, message[name], choice, name)
        if not (name and message[name]) and (thought := _thought(fields, parts)):
            yield ReasoningDelta(at_s, thought, choice, "")
    if text:
        yield ContentDelta(at_s, text, choice)
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        yield RefusalDelta(at_s, refusal, choice)
    if fields:
        yield FieldsDelta(at_s, writable(fields), choice)


def _besides(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The field that has the reasoning as plain text, "" where none has, and all others that hold something.

    Some servers say it under several names: an empty text, or the same one again, is not a field of its own.
    """
    names = [name for name in REASONING_NAMES if isinstance(message.get(name), str)]
    told = next((name for name in names if message[name]), names[0] if names else "")
    again = {name for name in names if not message[name] or message[name] == message[told]}
    return told, {
        name: value
        for name, value in message.items()
        if name not in _READ and name not in again and value not in _EMPTY
    }


def _thought(fields: dict[str, Any], parts: list[Any]) -> str:
    """Reasoning that is not a plain string: the first of its fields that can be read, or the parts of the content."""
    found = (text_of_reasoning(value) for name, value in fields.items() if is_reasoning(name) and name != "signature")
    return next(filter(None, found), "") or text_of_reasoning([part for part in parts if part.get("type") in THINKING])


def _content(content: Any) -> tuple[str, list[Any]]:
    """The text of `content` and its parts that are not text: some gateways send a list of parts, others an object."""
    if isinstance(content, str):
        return content, []
    if content in _EMPTY:
        return "", []
    if not isinstance(content, list):
        return to_text(content) or "", []
    texts = [part if isinstance(part, str) else part["text"] for part in content if _is_text(part)]
    others = [part if isinstance(part, dict) else {"value": part} for part in content if not _is_text(part)]
    return "".join(texts), others


def _is_text(part: Any) -> bool:
    if isinstance(part, str):
        return True
    return isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("type") not in THINKING
