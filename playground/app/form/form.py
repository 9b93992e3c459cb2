"""The form to a request, and a preset's request to the form; the snippet and the exchange come this way."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import Field

from playground.app.form.format_fields import FormatForm, format_fields, system_text, take_format
from playground.app.form.parameters import BY_NAME, PARAMETERS, read_parameter, reads_back, show_parameter
from playground.app.form.tool_fields import ToolForm, take_tools, tool_fields
from playground.errors import InvalidRequest
from playground.presets import Tab
from playground.wire.answer import SendReasoning
from playground.wire.json_text import parse_json
from playground.wire.request import ChatRequest

LEADING = ("model", "models", "stream", "stream_options", "response_format")
MAX_TEXT = 4 * 2**20
CHAT: Tab = "chat"
STREAMING: Tab = "streaming"
TOOLS: Tab = "tools"
JSON: Tab = "json"


class Form(ToolForm, FormatForm):
    """What the page holds, as text, the way it was typed.

    Attributes:
        params: name to text, "" where not sent.
        with_format: whether the Tools tab sends the JSON tab's `response_format` too.
        choice_after: what `tool_choice` becomes once calls were answered.
        mcp: the URL, or the command line, of an MCP server.
        send_reasoning: which of the model's messages go back with their reasoning.
        mock, builtins, by_itself, max_turns: how calls are answered: a table, functions, without asking, how often.
        with_tools: whether the JSON tab sends the Tools tab's tools too.
    """

    conversation: str = Field("", max_length=64)
    tab: Tab = CHAT
    backend: str = ""
    custom_url: str = Field("", max_length=2048)
    model: str = Field("", max_length=512)
    message: str = Field("", max_length=MAX_TEXT)
    stream: bool = False
    include_usage: bool = False
    extra: str = Field("", max_length=MAX_TEXT)
    params: Mapping[str, str] = Field(default_factory=dict)
    with_format: bool = False
    choice_after: Literal["keep", "auto", "none"] = "keep"
    send_reasoning: SendReasoning = "calls"
    mcp: str = Field("", max_length=4096)
    mock: str = Field("", max_length=MAX_TEXT)
    builtins: Sequence[str] = ()
    by_itself: bool = False
    max_turns: int = Field(8, ge=1, le=100)
    with_tools: bool = False

    @classmethod
    def from_values(cls, names: Sequence[str], values: Sequence[Any]) -> Self:
        """The form from the page's components, in their order; `param.x` is parameter x."""
        fields: dict[str, Any] = {"params": {}}
        for name, value in zip(names, values, strict=True):
            if name.startswith("param."):
                fields["params"][name.removeprefix("param.")] = value or ""
            else:
                fields[name] = value if value is not None else ""
        return cls.model_validate(fields)

    def typed(self) -> dict[str, Any]:
        """The fields of the form itself, by name; not those that a route adds to it."""
        return {name: getattr(self, name) for name in Form.model_fields}

    @property
    def sends_tools(self) -> bool:
        """Whether the Tools tab's fields are part of the request."""
        return self.tab == TOOLS or (self.tab == JSON and self.with_tools)

    @property
    def sends_format(self) -> bool:
        """Whether the JSON tab's fields are part of the request."""
        return self.tab == JSON or (self.tab == TOOLS and self.with_format)

    @property
    def streams(self) -> bool:
        """Whether the request asks for a stream; the Streaming tab always does."""
        return self.stream or self.tab == STREAMING


def build_request(form: Form, history: Sequence[Mapping[str, Any]] = (), images: Sequence[str] = ()) -> ChatRequest:
    """The request that the form stands for.

    Args:
        form: as typed.
        history: the messages before, in the wire's form.
        images: data URLs to go with the message.

    Raises:
        InvalidRequest: a field that cannot be read, with its name.
    """
    messages: list[Mapping[str, Any]] = []
    system = system_text(form) if form.sends_format else form.system
    if system.strip():
        messages.append({"role": "system", "content": system})
    messages += history
    if (said := user_message(form, history, images)) is not None:
        messages.append(said)
    fields: dict[str, Any] = {"model": form.model.strip()} if form.model.strip() else {}
    if form.streams:
        fields["stream"] = True
        if form.include_usage:
            fields["stream_options"] = {"include_usage": True}
    fields["messages"] = [dict(message) for message in messages]
    for name, text in form.params.items():
        if name in BY_NAME and text.strip():
            fields[name] = read_parameter(BY_NAME[name], text)
    if form.sends_tools:
        fields |= tool_fields(form)
        if form.choice_after != "keep" and "tool_choice" in fields and messages and messages[-1]["role"] == "tool":
            fields["tool_choice"] = form.choice_after
    if form.sends_format:
        fields |= format_fields(form)
    fields |= _extra(form.extra)
    leading = {name: fields[name] for name in LEADING if name in fields}
    return ChatRequest.parse(leading | fields)


def user_message(
    form: Form, history: Sequence[Mapping[str, Any]] = (), images: Sequence[str] = ()
) -> dict[str, Any] | None:
    """The message that the form adds to the history; None where the history goes as it is."""
    if not (form.message or images or not history):
        return None
    return {"role": "user", "content": _content(form.message, images)}


def _content(message: str, images: Sequence[str]) -> str | list[dict[str, Any]]:
    if not images:
        return message
    text = [{"type": "text", "text": message}] if message else []
    return [*text, *({"type": "image_url", "image_url": {"url": url}} for url in images)]


def _extra(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        value = parse_json(text)
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"Extra JSON: {error.msg} at line {error.lineno}, column {error.colno}.", field="extra"
        ) from None
    except ValueError as error:
        raise InvalidRequest(f"Extra JSON: {error}.", field="extra") from None
    if not isinstance(value, dict):
        raise InvalidRequest('Extra JSON must be an object, such as {"min_tokens": 40}.', field="extra")
    return value


def form_fields(request: ChatRequest, tab: str = CHAT) -> dict[str, Any]:
    """The form's fields that build this request again, where its last message is the user's.

    Messages before the last are given under `history`; whatever has no field of its own on this tab, or a value
    that its field cannot hold, goes to `extra`.
    """
    rest = request.to_wire()
    messages = [message.to_wire() for message in request.messages]
    rest.pop("messages")
    system = messages.pop(0)["content"] if messages and _is_plain(messages[0], "system") else ""
    message = messages.pop()["content"] if messages and _is_plain(messages[-1], "user") else ""
    stream = rest.pop("stream", False)
    usage = bool(stream) and rest.get("stream_options") == {"include_usage": True}
    if usage:
        rest.pop("stream_options")
    model = ""
    if isinstance(given := rest.get("model"), str) and given and given == given.strip():
        model = rest.pop("model")
    both = tab in {TOOLS, JSON} and "tools" in rest and "response_format" in rest
    tools = take_tools(rest) if tab == TOOLS or both else {}
    formatted = take_format(rest) if tab == JSON or both else {}
    shown = [one for one in PARAMETERS if one.name in rest and reads_back(one, rest[one.name])]
    params = {one.name: show_parameter(one, rest.pop(one.name)) for one in shown}
    extra = json.dumps(rest, ensure_ascii=False, indent=2) if rest else ""
    return {
        "model": model,
        "message": message,
        "system": system,
        "stream": bool(stream),
        "include_usage": usage,
        "params": params,
        "extra": extra,
        "history": messages,
        "with_format": tab == TOOLS and bool(formatted),
        "with_tools": tab == JSON and bool(tools),
        **tools,
        **formatted,
    }


def _is_plain(message: Mapping[str, Any], role: str) -> bool:
    """Whether a text field can stand for the message: nothing but a role and a text that is not blank."""
    if list(message) != ["role", "content"] or message["role"] != role:
        return False
    content = message["content"]
    return isinstance(content, str) and bool(content.strip())
