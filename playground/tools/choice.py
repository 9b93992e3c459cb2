"""`tool_choice`: what a page offers, and what goes over the wire (OpenAI API reference, "Create chat completion")."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from playground.errors import InvalidTools


class Mode(StrEnum):
    """How free the model is. `NOT_SENT`: the field is absent, and the server decides (auto, with tools)."""

    NOT_SENT = "not sent"
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """A choice; `name` is the function's where it is named."""

    mode: Mode = Mode.NOT_SENT
    name: str = ""

    @property
    def forces(self) -> bool:
        """Whether every answer must be a call, so that a loop would never end by itself."""
        return self.mode in {Mode.REQUIRED, Mode.NAMED}

    def to_wire(self) -> str | dict[str, Any] | None:
        """The field's value; None: leave the field out.

        Raises:
            InvalidTools: a named function without a name.
        """
        if self.mode is Mode.NOT_SENT:
            return None
        if self.mode is not Mode.NAMED:
            return self.mode.value
        if not self.name:
            raise InvalidTools("tool_choice does not name a function.", advice="Choose one of the tools.")
        return {"type": "function", "function": {"name": self.name}}

    @classmethod
    def from_wire(cls, value: Any) -> "ToolChoice | None":
        """The choice that a request's field is; None for a form that is not one of these (it can still be sent)."""
        if value is None:
            return cls()
        if isinstance(value, str):
            return cls(Mode(value)) if value in {"auto", "none", "required"} else None
        function = value.get("function") if isinstance(value, Mapping) and value.get("type") == "function" else None
        name = function.get("name") if isinstance(function, Mapping) else None
        return cls(Mode.NAMED, name) if isinstance(name, str) and name else None
