"""The page's components by name, as building and events need them."""

import json
from dataclasses import dataclass, field
from typing import Any

from playground.server.parameters import PARAMETERS

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
# What is chosen while an answer is awaited counts: Gradio drops it for most events, and for several triggers of one
# event it goes by the first.
LAST: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
FORM = (
    "conversation",
    "tab",
    "backend",
    "custom_url",
    "model",
    "message",
    "system",
    "stream",
    "include_usage",
    "send_reasoning",
    "extra",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "with_format",
    "choice_after",
    "mcp",
    "mock",
    "builtins",
    "by_itself",
    "max_turns",
    "json_mode",
    "schema_name",
    "json_schema",
    "strict",
    "schema_in_prompt",
    "with_tools",
    *(f"param.{parameter.name}" for parameter in PARAMETERS),
)
FORM_OF = f"window.playground.form({json.dumps(FORM)}, values)"  # of the values that a script is given
FOLD = '<button type="button" class="link" data-act="fold" aria-expanded="true">fold</button>'
SETTLED = "async (...values) => { await window.playground.settled(); return values; }"  # no answer is on its way
PANELS = ("talk", "stream_view", "steps", "request", "response", "events", "timing")


@dataclass
class Page:
    """What is on the page.

    Attributes:
        form: the components that `FORM` names: their values are the request.
        parts: all others, by name.
        presets: each preset's buttons: one in every tab.
    """

    form: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    presets: list[tuple[Any, Any]] = field(default_factory=list)

    def inputs(self) -> list[Any]:
        """The form's components, in the order of `FORM`."""
        return [self.form[name] for name in FORM]

    def panels(self) -> list[Any]:
        """What an exchange changes, in the order of `PANELS`."""
        return [self.parts[name] for name in PANELS]
