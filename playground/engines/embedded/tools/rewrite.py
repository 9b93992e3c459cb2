"""A request with tools, as one that llama.cpp answers for a model that was not trained for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.engines.embedded.tools.messages import introduce, tell_all
from playground.engines.embedded.tools.schema import answer_schema, reply_schema

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TOOL_FIELDS = ("tools", "tool_choice", "parallel_tool_calls")


class BadTools(ValueError):
    """A request's tools, or its choice among them, that cannot be used; `param` names the field."""

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.message = message
        self.param = param

    def to_dict(self) -> dict[str, Any]:
        """The error in OpenAI's shape."""
        fields = {"message": self.message, "type": "invalid_request_error", "param": self.param, "code": None}
        return {"error": fields}


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A request for llama.cpp.

    Attributes:
        body: the request.
        translates: whether its answer is for `Translator`.
        raw_reply: as in `Translator`.
        gathers: whether it streams although the client wants a whole answer.
    """

    body: dict[str, Any]
    translates: bool
    raw_reply: bool = False
    gathers: bool = False


def rewrite(body: Mapping[str, Any]) -> Rewritten | None:
    """What to ask llama.cpp instead, or None if the request can go as it is.

    After a tool's result, with `auto`, the model answers in plain words: it is too small for a second call.

    Raises:
        BadTools: `tools` or `tool_choice` cannot be used.
    """
    tools = _read_tools(body.get("tools"))
    choice = _read_choice(body.get("tool_choice"), tools)
    messages = body.get("messages")
    messages = messages if isinstance(messages, list) else []
    after_result = bool(messages) and isinstance(messages[-1], dict) and messages[-1].get("role") == "tool"
    told = tell_all(messages)
    rest = {key: value for key, value in body.items() if key not in _TOOL_FIELDS}
    if not tools or choice == "none" or (choice == "auto" and after_result):
        if not tools and told == messages and not any(field in body for field in _TOOL_FIELDS):
            return None
        return Rewritten(rest | {"messages": told} if messages else rest, translates=False)
    forced = choice != "auto"
    offered = [tool for tool in tools if choice in {"auto", "required", tool["name"]}]
    reply = None if forced else reply_schema(body.get("response_format"))
    schema = answer_schema(offered, reply)
    rest["messages"] = introduce(offered, told, forced=forced)
    rest["response_format"] = {
        "type": "json_schema",
        "json_schema": {"name": "call", "schema": schema, "strict": True},
    }
    return Rewritten(rest, translates=True, raw_reply=reply is not None and reply != {"type": "string"})


def _read_tools(tools: Any) -> list[dict[str, Any]]:
    """Each tool's function object."""
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise BadTools("'tools' must be a list.", "tools")
    functions = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict) or tool.get("type") != "function":
            raise BadTools(f"'{where}.type' must be 'function'.", f"{where}.type")
        function = tool.get("function")
        if not isinstance(function, dict):
            raise BadTools(f"'{where}.function' must be an object.", f"{where}.function")
        name = function.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadTools(
                f"'{where}.function.name' must be 1 to 64 letters, digits, '_', '-' or '.'.", f"{where}.function.name"
            )
        if not isinstance(function.get("parameters") or {}, dict):
            raise BadTools(f"'{where}.function.parameters' must be a JSON schema.", f"{where}.function.parameters")
        functions.append(function)
    return functions


def _read_choice(choice: Any, tools: Sequence[Mapping[str, Any]]) -> str:
    """`auto`, `none`, `required`, or the name of a function."""
    if choice is None:
        return "auto"
    if isinstance(choice, str) and choice in {"auto", "none", "required"}:
        if choice == "required" and not tools:
            raise BadTools("'tool_choice' is 'required', but there are no tools.", "tool_choice")
        return choice
    function = choice.get("function") if isinstance(choice, dict) and choice.get("type") == "function" else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise BadTools(
            "'tool_choice' must be 'none', 'auto', 'required', or an object that names a function.", "tool_choice"
        )
    if all(tool["name"] != name for tool in tools):
        raise BadTools(f"'tool_choice' names the function {name!r}, which is not in 'tools'.", "tool_choice")
    return name
