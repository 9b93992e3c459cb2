"""A preset was pressed."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from playground.app.building import Source
from playground.app.context import Context
from playground.app.form.form import Form, form_fields
from playground.app.form.parameters import PARAMETERS
from playground.app.saved_preset import saved_preset
from playground.errors import PlaygroundError
from playground.presets import Preset
from playground.ui.draw.turns import draw_conversation
from playground.ui.handlers.conversation import draw_panels
from playground.ui.handlers.visitor import visitor
from playground.wire.prepared import Target
from playground.yaml_text import dump_yaml

EMPTY: dict[str, Any] = {"tools": "", "tool_choice": "", "parallel_tool_calls": "", "mock": ""} | {
    "json_mode": "none",
    "schema_name": "",
    "json_schema": "",
    "strict": True,
    "schema_in_prompt": False,
}
FILLED = ("tab", "model", "message", "system", "stream", "include_usage", "extra", "with_format", "with_tools", *EMPTY)


class PresetHandlers:
    """Puts presets into the form, and makes one of it.

    Args:
        context: what the app shares.
        names: the form's fields, in the order in which `save` is given them.
        empty: the HTML of a conversation that has not begun.
    """

    def __init__(self, context: Context, names: Sequence[str], empty: str = "") -> None:
        self._context = context
        self._names = tuple(names)
        self._empty = empty

    def loader(self, preset: Preset) -> Callable[..., tuple[Any, ...]]:
        """What a press on that preset does. No `partial`: Gradio would not see that it wants the request."""

        def load(request: gr.Request, conversation_id: str, *given: str) -> tuple[Any, ...]:
            return self._load(preset, visitor(request), conversation_id, *given)

        load.__qualname__ = "PresetHandlers.load"  # as `docs/routes.md` names it
        return load

    def _load(self, preset: Preset, whose: str | None, conversation_id: str, *given: str) -> tuple[Any, ...]:
        """The form as the preset has it. Its model is TheRouter's, so another backend keeps its own.

        Args:
            preset: the preset.
            whose: the visitor.
            conversation_id: the tab's.
            given: what the form has now: backend, model, message.

        Raises:
            gr.Error: there is no room for its conversation.
        """
        backend, model, message = given
        fields = EMPTY | form_fields(preset.request, preset.tab) | {"tab": preset.tab}
        if backend != "therouter":
            fields["model"] = model
        try:
            conversation = self._context.claim(conversation_id, whose)
        except PlaygroundError as error:
            raise gr.Error(f"{error.message} {error.advice}", title="Not loaded") from error
        conversation.clear(typed=bool(message))
        conversation.preface = fields["history"]
        params = [fields["params"].get(parameter.name, "") for parameter in PARAMETERS]
        fields["mock"] = dump_yaml([row.to_file() for row in preset.mock]) if preset.mock else ""
        filled = [fields[name] for name in FILLED]
        return (
            gr.Tabs(selected=preset.tab),
            *filled,
            *params,
            *draw_panels(conversation, draw_conversation(conversation, empty=self._empty)),
        )

    async def save(self, request: gr.Request, *values: Any) -> str:
        """The form as the text of a preset's file.

        Raises:
            gr.Error: the form cannot be read as a request.
        """
        form, who = Form.from_values(self._names, values), visitor(request)
        conversation = self._context.conversation(form.conversation, who)
        source = Source(form, conversation.messages(form.send_reasoning), list(conversation.images), Target(""))
        try:
            return await self._context.workers.run(saved_preset, source.plain(), form.mock, who=who or "")
        except PlaygroundError as error:
            raise gr.Error(f"{error.message} {error.advice}", title="Not saved") from error
