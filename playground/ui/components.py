"""Gradio's HTML component as we use it: drawn by the server, brought to life by a named function of the script."""

from typing import Any

import gradio as gr


class Drawn(gr.HTML):
    """HTML that the server draws.

    Gradio builds a component again from its own keywords, so every default here can be overridden.
    """

    DEFAULTS: dict[str, Any] = {"apply_default_css": False, "js_on_load": None}  # noqa: RUF012 - never changed

    def __init__(self, value: str | None = None, **keywords: Any) -> None:
        super().__init__(value, **{**self.DEFAULTS, **keywords})

    def api_info(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}


class Listed(gr.Dropdown):
    """A list whose choices change while the page is open; what is chosen is checked by whoever uses it.

    Gradio checks it against the choices that it was built with, and fails for a server that came later. To the
    browser it is Gradio's own: `is_template` and the class id say so.
    """

    is_template = True

    @classmethod
    def get_component_class_id(cls) -> str:
        """Gradio's own."""
        return gr.Dropdown.get_component_class_id()

    def preprocess(self, payload: Any) -> Any:
        """As it came."""
        return payload


class Talk(Drawn):
    """The conversation; a press on one of its links comes back as a click event with `act`, `turn`, `text`."""

    DEFAULTS = {  # noqa: RUF012 - never changed
        **Drawn.DEFAULTS,
        "js_on_load": "window.playground.talk(element, trigger, watch)",
        "html_template": '<div class="log" role="log" aria-live="off" aria-label="Conversation" tabindex="0">'
        "${value}</div>",
    }


class StreamView(Drawn):
    """The stream, chunk by chunk."""

    DEFAULTS = {**Drawn.DEFAULTS, "js_on_load": "window.playground.stream(element)"}  # noqa: RUF012 - never changed
