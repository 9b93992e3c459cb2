"""How values stand in messages."""

import json
from decimal import Decimal
from typing import Any

WIDTH = 60
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)
_A = {"array": "an array", "object": "an object", "integer": "an integer", "null": "null"}


def shown(value: Any) -> str:
    """A value as short JSON: at most about 60 characters, and no more work than that for a large one."""
    if isinstance(value, dict):
        return "an object without members" if not value else f"an object with {_count(len(value), 'member')}"
    if isinstance(value, list):
        return "an array without items" if not value else f"an array with {_count(len(value), 'item')}"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        cut = value if len(value) <= WIDTH else f"{value[:WIDTH]}…"
        return json.dumps(cut, ensure_ascii=False)
    text = json.dumps(value)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"


def inline(value: Any) -> str:
    """A rule's value as JSON on one line, cut at about 60 characters."""
    text = ""
    for piece in _ENCODER.iterencode(_cut(value)):  # of a long list only the beginning is written
        text += piece
        if len(text) > WIDTH:
            return f"{text[:WIDTH]}…"
    return text


def _cut(value: Any) -> Any:
    return value[: WIDTH + 1] if isinstance(value, str | list) else value


def a(kind: str) -> str:
    """`number` as `a number`."""
    return _A.get(kind, f"a {kind}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
