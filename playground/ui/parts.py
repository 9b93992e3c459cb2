"""The page's components by name, as building and events need them."""

import json
from dataclasses import dataclass, field
from typing import Any

QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
# What is chosen while an answer is awaited counts: Gradio drops it for most events, and for several triggers of one
# event it goes by the first.
LAST: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
FOLD = '<button type="button" class="link" data-act="fold" aria-expanded="true">fold</button>'
SETTLED = "async (...values) => { await window.playground.settled(); return values; }"  # no answer is on its way
PANELS = ("talk", "stream_view", "steps", "request", "response", "events", "timing")


@dataclass
class Page:
    """What is on the page.

    Attributes:
        form: the components whose values are the request, by the names of the form's fields; `param.x` is parameter x.
        parts: all others, by name.
        presets: each preset's buttons: one in every tab.
        empty: the HTML of a conversation that has not begun.
    """

    form: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    presets: list[tuple[Any, Any]] = field(default_factory=list)
    empty: str = ""

    def inputs(self) -> list[Any]:
        """The form's components; call it once all of them stand."""
        return list(self.form.values())

    def names(self) -> tuple[str, ...]:
        """Their names, in the same order."""
        return tuple(self.form)

    def form_of(self) -> str:
        """A script's expression: the form, of the `values` of the same components."""
        return f"window.playground.form({json.dumps(self.names())}, values)"

    def panels(self) -> list[Any]:
        """What an exchange changes, in the order of `PANELS`."""
        return [self.parts[name] for name in PANELS]
