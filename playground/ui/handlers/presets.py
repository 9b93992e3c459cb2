"""A preset was pressed."""

from typing import Any

import gradio as gr

from playground.presets import Preset
from playground.server.context import Context
from playground.server.form import form_fields
from playground.server.parameters import PARAMETERS
from playground.ui.handlers.conversation import draw_panels

EMPTY: dict[str, Any] = {"tools": "", "tool_choice": "", "parallel_tool_calls": "", "mock": ""} | {
    "json_mode": "none",
    "schema_name": "",
    "json_schema": "",
    "strict": True,
    "schema_in_prompt": False,
}
FILLED = ("tab", "model", "message", "system", "stream", "include_usage", "extra", "with_format", "with_tools", *EMPTY)


class PresetHandlers:
    """Puts presets into the form."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def load(self, preset: Preset, conversation_id: str, backend: str, model: str) -> tuple[Any, ...]:
        """The form as the preset has it. Its model is TheRouter's, so another backend keeps its own."""
        fields = EMPTY | form_fields(preset.request, preset.tab) | {"tab": preset.tab}
        if backend != "therouter":
            fields["model"] = model
        conversation = self._context.conversations.get(conversation_id)
        conversation.clear()
        conversation.preface = fields["history"]
        params = [fields["params"].get(parameter.name, "") for parameter in PARAMETERS]
        filled = [fields[name] for name in FILLED]
        return gr.Tabs(selected=preset.tab), *filled, *params, *draw_panels(conversation)
