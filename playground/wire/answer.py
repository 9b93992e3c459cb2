"""One choice's message: what is shown of it, and what goes back to the server with the next request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from playground.wire.shapes import THINKING, is_reasoning

SendReasoning = Literal["never", "calls", "always"]


@dataclass(slots=True)
class ToolCall:
    """One call.

    Attributes:
        index: its place among the calls.
        id: as the server gave it.
        name: the function's.
        arguments: the text that the model wrote, valid JSON or not.
        extra: all other fields of the call as they came, those of its `function` among them (Gemini's
            `extra_content`, for instance).
        is_legacy: whether it came as `function_call`, which `tool_calls` have replaced.
    """

    index: int
    id: str | None = None
    name: str = ""
    arguments: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    is_legacy: bool = False

    def to_wire(self) -> dict[str, Any]:
        """The call as it came, with an id in any case."""
        function = {"name": self.name, "arguments": self.arguments}
        extra = dict(self.extra)
        if isinstance(more := extra.pop("function", None), dict):
            function = more | function
        return {"id": self.id or f"call_{self.index}", "type": "function", "function": function} | extra

    def to_history(self) -> dict[str, Any]:
        """The call as it goes back: servers that read the history refuse arguments that are empty."""
        wire = self.to_wire()
        return wire | {"function": wire["function"] | {"arguments": self.arguments if self.arguments.strip() else "{}"}}


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice's message so far; texts are "" where nothing came.

    Attributes:
        content, reasoning, refusal: what is shown as text.
        tool_calls: in the order of their index.
        logprobs: as the server wrote them, one for each token.
        finish_reason: None while it goes on.
        reasoning_name: the field that the reasoning came in as plain text; "" where it came in another shape, which
            `fields` has then, or not at all.
        fields: what else the message carried, as it came and joined: reasoning in other shapes, signatures,
            annotations. `content` in it are the parts that are not text.
    """

    content: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[dict[str, Any], ...] = ()
    finish_reason: str | None = None
    reasoning_name: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The message as OpenAI's clients return it, with the reasoning as `reasoning_content`."""
        message = self._head([part for part in self._parts() if part.get("type") not in THINKING])
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        if self.refusal:
            message["refusal"] = self.refusal
        if self.tool_calls:
            message["tool_calls"] = [call.to_wire() for call in self.tool_calls]
        return {name: value for name, value in self.fields.items() if name != "content"} | message

    def to_history(self, send: SendReasoning = "calls") -> dict[str, Any]:
        """The message as it goes back with later requests: what came, and valid.

        Args:
            send: which messages take their reasoning along, under the name and in the shape it came in. DeepSeek's
                thinking models answer 400 where a message with calls lacks it, even an empty one (DeepSeek API,
                "Thinking Mode", tool calls); OpenRouter and MiniMax want `reasoning_details` unchanged, Mistral its
                thinking parts.
        """
        keeps = send == "always" or (send == "calls" and bool(self.tool_calls))
        parts = [part for part in self._parts() if keeps or part.get("type") not in THINKING]
        message = self._head(parts)
        if keeps and self.reasoning_name:
            message[self.reasoning_name] = self.reasoning
        rest = {name: value for name, value in self.fields.items() if keeps or not is_reasoning(name)}
        message |= {name: value for name, value in rest.items() if name != "content"}
        if self.tool_calls and self.tool_calls[0].is_legacy:
            message["function_call"] = self.tool_calls[0].to_history()["function"]
        elif self.tool_calls:
            message["tool_calls"] = [call.to_history() for call in self.tool_calls]
        return message

    def _parts(self) -> list[dict[str, Any]]:
        parts = self.fields.get("content")
        return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []

    def _head(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """Role and content: a text, null beside calls without one, or a list where there are parts besides."""
        content: Any = self.content or (None if self.tool_calls else "")
        if parts:
            thinking = [part for part in parts if part.get("type") in THINKING]
            text = [{"type": "text", "text": self.content}] if self.content else []
            content = [*thinking, *text, *(part for part in parts if part.get("type") not in THINKING)]
        return {"role": "assistant", "content": content}

    def extras(self) -> dict[str, Any]:
        """What came besides texts and calls and stands nowhere else, by name."""
        rest = {name: value for name, value in self.fields.items() if not is_reasoning(name) and name != "content"}
        if parts := [part for part in self._parts() if part.get("type") not in THINKING]:
            rest["content"] = parts
        return rest
