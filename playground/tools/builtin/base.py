"""What a built-in function is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playground.tools.definitions import name_of
from playground.tools.failure import ToolFailed

__all__ = ["Builtin", "ToolFailed", "text_argument"]

MAX_ARGUMENT = 8 * 1024  # characters: a URL may be as long


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of ours.

    Attributes:
        tool: its definition, as it goes over the wire.
        call: takes the arguments, gives a JSON value or raises `ToolFailed`.
    """

    tool: dict[str, Any]
    call: Callable[[dict[str, Any]], Awaitable[Any]]

    @property
    def name(self) -> str:
        """The function's name."""
        return name_of(self.tool)


def text_argument(arguments: dict[str, Any], name: str) -> str:
    """An argument that must be a text.

    Raises:
        ToolFailed: it is missing, something else, or longer than any such argument.
    """
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ToolFailed(f"The argument {name!r} is missing." if value is None else f"{name!r} must be a text.")
    if len(value) > MAX_ARGUMENT:
        raise ToolFailed(f"{name!r} has {len(value):,} characters; the limit is {MAX_ARGUMENT:,}.")
    return value.strip()
