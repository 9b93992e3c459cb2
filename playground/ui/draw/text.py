"""Text as a person reads it."""

import json
from collections.abc import Callable
from html import escape
from typing import Any

MAX_READ = 256 * 2**10  # characters of JSON that are indented,
MAX_INDENTED = 2**20  # to so many at most: brackets in brackets make lines of spaces
MAX_SHOWN = 512 * 2**10  # characters of one text on the page: a browser shows it at once
Do = Callable[..., str]  # calls a function with what it is given: here, or where it can be given up
_ENCODER = json.JSONEncoder(indent=2, ensure_ascii=False)


def here(function: Callable[..., str], *given: Any) -> str:
    """The `Do` that gives nothing up."""
    return function(*given)


def pretty(text: str) -> str:
    """JSON with two spaces of indent; any other text, and a very long one, as it is."""
    if len(text) > MAX_READ:
        return text
    parts: list[str] = []
    size = 0
    try:
        for part in _ENCODER.iterencode(json.loads(text)):
            parts.append(part)
            size += len(part)
            if size > MAX_INDENTED:
                return text
    except (ValueError, RecursionError):
        return text
    return "".join(parts)


def cut_off(text: str, most: int = MAX_SHOWN) -> tuple[str, str]:
    """The text as far as it is shown, and a note about the rest: "" where there is none."""
    if len(text) <= most:
        return text, ""
    words = f"Showing the first {most:,} of {len(text):,} characters. The full text is kept."
    return text[:most], f'<p class="note">{words}</p>'


def plain(text: str, most: int = MAX_SHOWN) -> str:
    """A text as it is, as far as it is shown."""
    shown, note = cut_off(text, most)
    return f'<div class="plain">{escape(shown)}</div>{note}'
