"""What a chat request's body asks for."""

from collections.abc import Mapping
from typing import Any


def model_of(body: Mapping[str, Any]) -> str:
    """The model's name, echoed as SGLang does."""
    return str(body.get("model", "test/echo"))


def wants_stream(body: Mapping[str, Any]) -> bool:
    return body.get("stream") is True


def wants_usage(body: Mapping[str, Any]) -> bool:
    """Whether a stream is to end with a usage chunk."""
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def last_said(body: Mapping[str, Any]) -> str | None:
    """The text of the last user message."""
    said = [m for m in body["messages"] if isinstance(m, dict) and m.get("role") == "user"]
    return text_of(said[-1]) if said else None


def text_of(message: Any) -> str:
    """The text of a message, whose content may be text or a list of parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
