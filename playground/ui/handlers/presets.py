"""A preset was pressed."""

from typing import Any

import gradio as gr

from playground.presets import Preset
from playground.server.context import Context
from playground.server.form import form_fields
from playground.server.parameters import PARAMETERS
from playground.ui.handlers.conversation import draw_panels


class PresetHandlers:
    """Puts presets into the form."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def load(self, preset: Preset, conversation_id: str, backend: str, model: str) -> tuple[Any, ...]:
        """The form as the preset has it. Its model is TheRouter's, so another backend keeps its own."""
        fields = form_fields(preset.request)
        conversation = self._context.conversations.get(conversation_id)
        conversation.clear()
        conversation.preface = fields["history"]
        params = [fields["params"].get(parameter.name, "") for parameter in PARAMETERS]
        tab = "streaming" if preset.tab == "streaming" else "chat"
        return (
            gr.Tabs(selected=tab),
            tab,
            fields["model"] if backend == "therouter" else model,
            fields["message"],
            fields["system"],
            fields["stream"],
            fields["include_usage"],
            fields["extra"],
            *params,
            *draw_panels(conversation),
        )
