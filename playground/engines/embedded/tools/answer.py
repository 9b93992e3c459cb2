"""llama.cpp's constrained answer, streamed or whole, as one with a tool call or a reply."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from playground.engines.embedded.tools.translator import Arguments, Call, Part, Reply, Translator


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
