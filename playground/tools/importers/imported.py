"""What an importer gives back, and names that fit."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from playground.tools.problems import Problem

MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class Imported:
    """Tools, and what to know of them.

    Attributes:
        tools: as they go over the wire.
        notes: what was left out or changed, in words.
        problems: why there are none, with a place in the text where there is one.
    """

    tools: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def failed(cls, message: str, line: int | None = None, column: int | None = None) -> "Imported":
        """No tools, for one reason."""
        return cls(problems=(Problem(message, line, column),))


def fitting_name(text: str, fallback: str = "tool") -> str:
    """A name that every server takes, as near to `text` as it gets: 1 to 64 of A-Z, a-z, 0-9, _ and -."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:MAX_NAME]
    return name or fallback


def unique_name(text: str, taken: Container[str]) -> str:
    """A fitting name that is not taken: a number goes behind it if need be."""
    name = fitting_name(text)
    number = 2
    unique = name
    while unique in taken:
        end = f"_{number}"
        unique = name[: MAX_NAME - len(end)] + end
        number += 1
    return unique
