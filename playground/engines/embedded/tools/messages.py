"""Messages about tools, in words that the model's template has a place for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def tell_all(messages: Sequence[Any]) -> list[Any]:
    """Messages, those about tools in words that the model's template has a place for."""
    names = _names_of_calls(messages)
    return [_told(message, names) for message in messages]


def _told(message: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(message, dict):
        return message
    if message.get("role") == "tool":
        name = message.get("name") or names.get(str(message.get("tool_call_id")), "The function")
        return {"role": "user", "content": f"{name} returned: {_text(message.get('content'))}"}
    calls = message.get("tool_calls")
    if message.get("role") == "assistant" and "tool_calls" in message:
        parts = [_text(message.get("content"))]
        for call in calls if isinstance(calls, list) else []:
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                parts.append(f"I call {function.get('name')} with {function.get('arguments')}")
        return {"role": "assistant", "content": "\n".join(part for part in parts if part)}
    return message


def _names_of_calls(messages: Sequence[Any]) -> dict[str, str]:
    """The function of each call, by the call's id; of two with one id the first."""
    names: dict[str, str] = {}
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict) and isinstance(call.get("function"), dict):
                names.setdefault(str(call.get("id")), str(call["function"].get("name")))
    return names


def _text(content: Any) -> str:
    """A message's text, also where it comes in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def introduce(tools: Sequence[Mapping[str, Any]], messages: Sequence[Any], *, forced: bool) -> list[Any]:
    """The messages, with a system message that says which functions there are and how to call one."""
    lines = ["You can call these functions:"]
    for tool in tools:
        parameters = json.dumps(tool.get("parameters") or {}, ensure_ascii=False)
        lines.append(f"- {tool['name']}: {tool.get('description') or ''} Parameters: {parameters}")
    lines.append('To call one, answer {"name": …, "arguments": {…}}, with arguments from the user\'s message.')
    if not forced:
        lines.append('If none of them helps, answer {"reply": "…"}.')
    first, rest = (messages[0], messages[1:]) if messages else (None, [])
    said = "\n".join(lines)
    if isinstance(first, dict) and first.get("role") in {"system", "developer"}:
        return [{"role": "system", "content": f"{_text(first.get('content'))}\n\n{said}"}, *rest]
    return [{"role": "system", "content": said}, *messages]
