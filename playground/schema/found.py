"""Find the JSON in an answer that wraps it: in a Markdown fence, or in words."""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from playground.schema.document import line_and_column, read_document

_FENCE = re.compile(r"^[ \t]*+(`{3,}+|~{3,}+)[^\n]*+\n(.*?)(?:^[ \t]*+\1|\Z)", re.DOTALL | re.MULTILINE)
_OPENING = re.compile(r"[\[{]")
MAX_TRIES = 20  # places to begin at: each may read all that follows


@dataclass(frozen=True, slots=True)
class Found:
    """JSON inside other text.

    Attributes:
        where: in a Markdown `fence`, or in `words`.
        text: the JSON as it stands there.
        line, column: where it begins, from 1.
        value: what it says.
    """

    where: Literal["fence", "words"]
    text: str
    line: int
    column: int
    value: Any


def find_json(text: str) -> Found | None:
    """The first fence that holds JSON; else the longest object or array in the words."""
    for fence in _FENCE.finditer(text):
        if (document := read_document(fence[2])).problem is None:
            inner = fence[2]
            start = fence.start(2) + len(inner) - len(inner.lstrip())
            return Found("fence", inner.strip(), *line_and_column(text, start), document.value)
    return _in_words(text)


def _in_words(text: str) -> Found | None:
    best: tuple[int, int] = (0, 0)
    position = 0
    for _ in range(MAX_TRIES):
        opening = _OPENING.search(text, position)
        if opening is None:
            break
        end = _end(text, opening.start())
        if end - opening.start() > best[1] - best[0]:
            best = (opening.start(), end)
        position = max(end, opening.end())
    start, end = best
    document = read_document(text[start:end])
    if document.problem is not None:
        return None
    return Found("words", text[start:end], *line_and_column(text, start), document.value)


def _end(text: str, start: int) -> int:
    """Where the value that begins here ends; here, if none does."""
    try:
        return json.JSONDecoder(parse_int=str).raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return start
