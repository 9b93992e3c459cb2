"""The shapes that reasoning comes in, and fields of a message that are not known by name. Pure.

A string under one of `REASONING_NAMES`: `reasoning_content` (DeepSeek, SGLang, TheRouter), `reasoning` (vLLM,
OpenRouter), `reasoning_text` (Copilot), `thinking` (Ollama). A list of parts or an object under the same names.
`reasoning_details` (OpenRouter, MiniMax) and `thinking_blocks` (LiteLLM), lists of objects, some of them encrypted.
Parts of `content` with type `thinking` (Mistral: `{"type": "thinking", "thinking": [{"type": "text", "text": …}]}`).
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

REASONING_NAMES = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
THINKING = frozenset({"thinking", "reasoning", "redacted_thinking"})  # types of parts
_TEXTS = ("text", "thinking", "summary", "content", "reasoning", "data")  # of a part, the first that is there
_WHOLE = frozenset({"id", "type", "index", "format", "role", "name", "signature", "encoding", "object", "mime_type"})
_PIECES = frozenset({"text", "thinking", "summary", "data", "signature"})  # what makes a part one that may go on
_NEAREST = 200  # parts that are looked at for the same index
_OBJECT = 60  # bytes of a value's place in its object or list
MAX_FIELDS_BYTES = 8 * 2**20  # of one message; what is more is not kept
_REPEATED = 16  # characters: a string as long as this that comes again is the same value told twice


def is_reasoning(name: str) -> bool:
    """Whether a field of a message belongs to its reasoning, by its name."""
    return name.startswith(("reasoning", "thinking")) or name == "signature"


def text_of_reasoning(value: Any) -> str:
    """What can be read of reasoning in any shape; what is encrypted cannot, and gives ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(text_of_reasoning, value))
    if isinstance(value, dict) and not _is_encrypted(value):
        return next((text for name in _TEXTS if (text := text_of_reasoning(value.get(name)))), "")
    return ""


def _is_encrypted(part: dict[str, Any]) -> bool:
    kind = part.get("type")
    return isinstance(kind, str) and ("encrypted" in kind or "redacted" in kind)


class Fields:
    """Fields of a message while it streams, joined as OpenAI's clients do it.

    Strings go on, except names and signatures; objects are joined by name; items of a list by their `index`, and a
    part without one goes on with the last part of the same type. Null changes nothing.

    Attributes:
        size: about how many bytes they take. From `MAX_FIELDS_BYTES` on nothing more is taken.
        dropped: how many deltas were too much.
    """

    def __init__(self) -> None:
        self._fields: dict[str, Any] = {}
        self._built: dict[str, Any] | None = {}
        self.size = 0
        self.dropped = 0

    def __bool__(self) -> bool:
        return bool(self._fields)

    def add(self, fields: Mapping[str, Any]) -> None:
        """Take one delta's."""
        if self.size > MAX_FIELDS_BYTES:
            self.dropped += 1
            return
        self._join_object(self._fields, fields)
        self._built = None

    def value(self) -> dict[str, Any]:
        """All of them; the same object until more comes."""
        if self._built is None:
            self._built = _copy(self._fields)
        return self._built

    def _join_object(self, before: dict[str, Any], after: Mapping[str, Any]) -> None:
        for name, value in after.items():
            if value is not None:
                before[name] = self._joined(before.get(name), value, name)

    def _joined(self, before: Any, after: Any, name: str) -> Any:
        if isinstance(before, str) and isinstance(after, str):
            if after and (name in _WHOLE or (before == after and len(after) >= _REPEATED)):
                return after
            self.size += len(after)
            return before + after
        if isinstance(before, dict) and isinstance(after, dict):
            self._join_object(before, after)
            return before
        if isinstance(before, list) and isinstance(after, list):
            self._join_list(before, after)
            return before
        return self._new(after)

    def _join_list(self, before: list[Any], after: list[Any]) -> None:
        known = len(before)  # items of one delta are not joined with one another
        for place, item in enumerate(after):
            at = _partner(before, known, item, is_first=place == 0)
            if at is None:
                before.append(self._new(item))
            else:
                self._join_object(before[at], item)

    def _new(self, value: Any) -> Any:
        self.size += _OBJECT + sys.getsizeof(value)
        if isinstance(value, dict):
            return {name: self._new(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._new(each) for each in value]
        return value


def _partner(before: Sequence[Any], known: int, item: Any, *, is_first: bool) -> int | None:
    """The place, among the first `known`, of what this item goes on with."""
    if not isinstance(item, dict):
        return None
    index = item.get("index")
    if isinstance(index, int):
        nearest = range(known - 1, max(-1, known - 1 - _NEAREST), -1)
        same = (at for at in nearest if isinstance(before[at], dict) and before[at].get("index") == index)
        return next((at for at in same if _agree(before[at], item, "type")), None)
    if not (known and is_first and isinstance(before[known - 1], dict)):
        return None
    last = before[known - 1]
    is_piece = bool(_PIECES & item.keys()) and not last.get("signature")
    return known - 1 if is_piece and _agree(last, item, "type") and _agree(last, item, "id") else None


def _agree(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> bool:
    """Whether both have the same value under that name, or one of them has none."""
    values = before.get(name), after.get(name)
    return None in values or values[0] == values[1]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_copy(each) for each in value]
    return value


def texts_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each string in a value and its path, in order; an item of a list is called by its `index`, if it has one."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from texts_of(each, f"{path}/{name}")
    elif isinstance(value, list):
        for each in value:
            number = each.get("index") if isinstance(each, dict) else None
            yield from texts_of(each, f"{path}/{number if isinstance(number, int) else '*'}")


def with_texts(value: Any, texts: Iterator[str]) -> Any:
    """The value with other strings in their place, in the order of `texts_of`."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, dict):
        return {name: with_texts(each, texts) for name, each in value.items()}
    if isinstance(value, list):
        return [with_texts(each, texts) for each in value]
    return value
