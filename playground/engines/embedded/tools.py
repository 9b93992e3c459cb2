"""Tool calls for a model that was not trained for them, by way of a JSON schema.

A request with tools becomes one whose answer is constrained to `{"name": …, "arguments": …}` or, where
the model may choose, `{"reply": …}`; the answer, also while it streams, becomes a proper tool call or text.
Nothing here does input or output.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SPACE = " \t\r\n"
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE_ESCAPE = len(r"\u0000")
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
    told = [_tell(message, messages) for message in messages]
    rest = {key: value for key, value in body.items() if key not in _TOOL_FIELDS}
    if not tools or choice == "none" or (choice == "auto" and after_result):
        if not tools and told == messages and not any(field in body for field in _TOOL_FIELDS):
            return None
        return Rewritten(rest | {"messages": told} if messages else rest, translates=False)
    forced = choice != "auto"
    offered = [tool for tool in tools if choice in {"auto", "required", tool["name"]}]
    reply = None if forced else _reply_schema(body.get("response_format"))
    schema = _schema(offered, reply)
    rest["messages"] = _introduce(offered, told, forced=forced)
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


def _reply_schema(response_format: Any) -> dict[str, Any]:
    """What a reply in words must be: text, or what the request's own response_format wants."""
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return {"type": "object"}
    if kind == "json_schema":
        wanted = response_format.get("json_schema")
        schema = wanted.get("schema") if isinstance(wanted, dict) else None
        if isinstance(schema, dict):
            return schema
    return {"type": "string"}


def _schema(tools: Sequence[Mapping[str, Any]], reply: Mapping[str, Any] | None) -> dict[str, Any]:
    """The schema of an answer: a call of one of the tools, or a reply."""
    shared: dict[str, Any] = {}
    branches = []
    for tool in tools:
        arguments = _moved(tool.get("parameters") or {"type": "object", "properties": {}}, shared)
        branches.append(_object({"name": {"const": tool["name"]}, "arguments": arguments}))
    if reply is not None:
        branches.append(_object({"reply": _moved(reply, shared)}))
    schema = branches[0] if len(branches) == 1 else {"anyOf": branches}
    return schema | {"$defs": shared} if shared else schema


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _moved(schema: Mapping[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """A schema whose references still hold inside another: what they point into is shared at the root."""
    name = f"part{len(shared)}"
    moved = copy.deepcopy(dict(schema))
    if _move_references(moved, f"#/$defs/{name}"):
        shared[name] = moved
        return {"$ref": f"#/$defs/{name}"}
    return moved


def _move_references(node: Any, to: str) -> bool:
    found = False
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            node["$ref"] = to + reference[1:]
            found = True
        node_values: Sequence[Any] = list(node.values())
    elif isinstance(node, list):
        node_values = node
    else:
        return False
    for value in node_values:
        found = _move_references(value, to) or found
    return found


def _tell(message: Any, messages: Sequence[Any]) -> Any:
    """A message about tools, in words that the model's template has a place for."""
    if not isinstance(message, dict):
        return message
    if message.get("role") == "tool":
        name = message.get("name") or _name_of_call(message.get("tool_call_id"), messages)
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


def _name_of_call(call_id: Any, messages: Sequence[Any]) -> str:
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else []:
            if isinstance(call, dict) and call.get("id") == call_id and isinstance(call.get("function"), dict):
                return str(call["function"].get("name"))
    return "The function"


def _text(content: Any) -> str:
    """A message's text, also where it comes in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _introduce(tools: Sequence[Mapping[str, Any]], messages: Sequence[Any], *, forced: bool) -> list[Any]:
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


@dataclass(frozen=True, slots=True)
class Call:
    """The model began to call this function."""

    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The next part of the call's arguments, as JSON text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The next part of a reply in words."""

    text: str


Part = Call | Arguments | Reply


class Translator:
    """Turns the generated JSON, in pieces cut anywhere, into the parts of a call or of a reply.

    Attributes:
        called: whether a function was named.
    """

    def __init__(self, *, raw_reply: bool = False) -> None:
        """Begins.

        Args:
            raw_reply: the reply is JSON, and is given as it is; else it is a string, and is given unescaped.
        """
        self.called = False
        self._raw_reply = raw_reply
        self._where = "between"  # between, key, colon, value, end
        self._key = ""
        self._value = ""
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._unescaper = _Unescaper()

    def feed(self, text: str) -> list[Part]:
        """The parts that this piece completes; neighbours of one kind are joined."""
        parts: list[Part] = []
        for character in text:
            part = self._step(character)
            last = parts[-1] if parts else None
            if isinstance(part, Arguments) and isinstance(last, Arguments):
                parts[-1] = Arguments(last.text + part.text)
            elif isinstance(part, Reply) and isinstance(last, Reply):
                parts[-1] = Reply(last.text + part.text)
            elif part is not None:
                parts.append(part)
        return parts

    def _step(self, character: str) -> Part | None:
        if self._where == "value":
            return self._in_value(character)
        if self._where == "key":
            self._key += character
            if self._ends_string(character):
                self._key = str(json.loads(self._key))
                self._where = "colon"
        elif self._where == "colon":
            if character not in _SPACE + ":":
                self._where, self._value = "value", ""
                return self._in_value(character)
        elif self._where == "between" and character == '"':
            self._where, self._key, self._in_string = "key", character, True
        elif self._where == "between" and character == "}":
            self._where = "end"
        return None

    def _in_value(self, character: str) -> Part | None:
        """One character of a value, or the one after it."""
        if self._in_string:
            ended = self._ends_string(character) and self._depth == 0
        elif character == '"':
            self._in_string, ended = True, False
        elif character in "{[":
            self._depth += 1
            ended = False
        elif character in "}]" and self._depth:
            self._depth -= 1
            ended = self._depth == 0
        elif self._depth == 0 and character in ",}" + _SPACE:
            self._where = "end" if character == "}" else "between"
            return None
        else:
            ended = False
        if ended:
            self._where = "between"
        return self._part(character, ended=ended)

    def _part(self, character: str, *, ended: bool) -> Part | None:
        if self._key == "arguments":
            return Arguments(character)
        if self._key == "reply":
            text = character if self._raw_reply else self._unescaper.step(character)
            return Reply(text) if text else None
        self._value += character
        if self._key == "name" and ended:
            self.called = True
            return Call(str(json.loads(self._value)))
        return None

    def _ends_string(self, character: str) -> bool:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
            return True
        return False


class _Unescaper:
    """A JSON string's text, character by character; the quotes around it give nothing."""

    def __init__(self) -> None:
        self._pending = ""
        self._high = ""

    def step(self, character: str) -> str:
        """The text that this character completes, or ""."""
        if not self._pending:
            if character == "\\":
                self._pending = character
                return ""
            return self._lone() + ("" if character == '"' else character)
        self._pending += character
        if not self._pending.startswith("\\u"):
            self._pending = ""
            return self._lone() + _ESCAPES.get(character, character)
        if len(self._pending) < _UNICODE_ESCAPE:
            return ""
        digits = self._pending.removeprefix("\\u")
        self._pending = ""
        return self._unit(chr(int(digits, base=16)))

    def _unit(self, unit: str) -> str:
        """The text that a UTF-16 unit completes: half of a pair waits for the other."""
        if self._high and "\udc00" <= unit <= "\udfff":
            pair, self._high = self._high + unit, ""
            return pair.encode("utf-16", "surrogatepass").decode("utf-16")
        lone = self._lone()
        if "\ud800" <= unit <= "\udbff":
            self._high = unit
            return lone
        return lone + ("\ufffd" if "\udc00" <= unit <= "\udfff" else unit)

    def _lone(self) -> str:
        """What stands for a high surrogate without its low one."""
        lone, self._high = ("\ufffd" if self._high else ""), ""
        return lone


class ChunkTranslator:
    """Turns llama.cpp's chunks of a constrained answer into those of a tool call or a reply."""

    def __init__(self, *, raw_reply: bool = False) -> None:
        """Begins; `raw_reply` as in `Translator`."""
        self._raw_reply = raw_reply
        self._translators: dict[int, Translator] = {}

    def chunks(self, chunk: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """What is sent instead of one chunk: none, or several. One without choices passes as it is."""
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices:
            yield dict(chunk)
            return
        frame = {key: value for key, value in chunk.items() if key not in {"usage", "timings"}}
        out: list[tuple[int, dict[str, Any], str | None]] = []
        for choice in choices:
            index = choice.get("index", 0)
            translator = self._translators.setdefault(index, Translator(raw_reply=self._raw_reply))
            delta = choice.get("delta") or {}
            if "role" in delta:
                out.append((index, {"role": delta["role"], "content": None}, None))
            out.extend((index, fields, None) for fields in _deltas(translator.feed(delta.get("content") or "")))
            if choice.get("finish_reason"):
                out.append((index, {}, finish_reason(translator, choice["finish_reason"])))
        for number, (index, fields, reason) in enumerate(out, 1):
            around = chunk if number == len(out) else frame
            yield {**around, "choices": [{"index": index, "delta": fields, "finish_reason": reason}]}


def _deltas(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if isinstance(part, Reply):
            yield {"content": part.text}
        elif isinstance(part, Call):
            function = {"name": part.name, "arguments": ""}
            yield {"tool_calls": [{"index": 0, "id": call_id(), "type": "function", "function": function}]}
        else:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": part.text}}]}


def finish_reason(translator: Translator, reason: str) -> str:
    """The reason as OpenAI gives it: a call that was completed ends with `tool_calls`."""
    return "tool_calls" if reason == "stop" and translator.called else reason


def completion(answer: Mapping[str, Any], *, raw_reply: bool = False) -> dict[str, Any]:
    """A whole constrained answer as a completion with a tool call or a reply."""
    choices = []
    for choice in answer.get("choices") or []:
        translator = Translator(raw_reply=raw_reply)
        parts = translator.feed((choice.get("message") or {}).get("content") or "")
        message: dict[str, Any] = {"role": "assistant", "content": None}
        if translator.called:
            name = next(part.name for part in parts if isinstance(part, Call))
            arguments = "".join(part.text for part in parts if isinstance(part, Arguments))
            function = {"name": name, "arguments": arguments}
            message["tool_calls"] = [{"id": call_id(), "type": "function", "function": function}]
        else:
            message["content"] = "".join(part.text for part in parts if isinstance(part, Reply))
        reason = finish_reason(translator, choice.get("finish_reason") or "stop")
        choices.append({**choice, "message": message, "finish_reason": reason})
    return {**answer, "choices": choices}


def call_id() -> str:
    """A new identifier of a call."""
    return f"call_{uuid4().hex[:24]}"
