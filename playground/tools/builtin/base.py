"""What a built-in function is, and how it says that it could not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playground.tools.definitions import name_of


class ToolFailed(Exception):
    """A function could not do what it was asked; its words go to the model as the call's result."""


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
        ToolFailed: it is missing, or something else.
    """
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ToolFailed(f"The argument {name!r} is missing." if value is None else f"{name!r} must be a text.")
    return value.strip()
