"""What Gradio's events do: a few lines each, over the server's parts."""

import base64
import mimetypes
from collections.abc import Sequence
from html import escape
from pathlib import Path
from secrets import token_hex
from typing import Any

import gradio as gr

from playground.backends import BackendState, Phase
from playground.errors import PlaygroundError
from playground.presets import Preset
from playground.server.context import Context
from playground.server.conversations import Conversation
from playground.server.form import Form, form_fields
from playground.server.parameters import PARAMETERS
from playground.server.visitors import COOKIE
from playground.snippets import render_snippet
from playground.ui.draw.stream import draw_stream
from playground.ui.draw.turns import draw_conversation
from playground.ui.draw.wire import (
    draw_curl,
    draw_events,
    draw_problem,
    draw_request,
    draw_response,
    draw_sent,
    draw_timing,
)

POLL_S = 2.0
CALM_S = 20.0
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
    "extra",
    *(f"param.{parameter.name}" for parameter in PARAMETERS),
)


class Handlers:
    """The page's events; every one is given the form's values in the order of `FORM`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def snippet(self, request: gr.Request, *values: Any) -> tuple[str, str]:
        """The curl command and the line of parameters."""
        form = Form.from_values(FORM, values)
        try:
            prepared = self._context.prepare(form, visitor(request))
            return draw_curl(render_snippet(prepared)), draw_sent(form)
        except PlaygroundError as error:
            return draw_problem(error), draw_sent(form)

    async def state(self, request: gr.Request, models: dict[str, str], *values: Any) -> tuple[Any, ...]:
        """State, facts, model list, and when to look again."""
        form = Form.from_values(FORM, values)
        state = await self._context.state(form, visitor(request))
        model = form.model or self._model(form, models, state)
        choices = [entry.id for entry in state.models]
        facts = next((entry.facts() for entry in state.models if entry.id == model), "")
        wait_s = POLL_S if state.phase is Phase.LOADING else CALM_S
        listed = gr.update(choices=choices, value=model) if choices or model != form.model else gr.skip()
        return draw_state(state), escape(facts), listed, gr.Timer(wait_s)

    async def switch(self, request: gr.Request, models: dict[str, str], *values: Any) -> tuple[Any, ...]:
        """Another backend was chosen: its own model comes back, all else stays as typed."""
        form = Form.from_values(FORM, values)
        state = await self._context.state(form, visitor(request))
        model = self._model(form, models, state)
        choices = [entry.id for entry in state.models] or [model]
        facts = next((entry.facts() for entry in state.models if entry.id == model), "")
        listed = gr.update(choices=choices, value=model)
        return draw_state(state), escape(facts), listed, gr.Timer(POLL_S), *self._connection(form)

    def _model(self, form: Form, models: dict[str, str], state: BackendState) -> str:
        backend = self._context.backend(form)
        first = state.models[0].id if state.models else ""
        return models.get(form.backend) or backend.default_model or first

    def remember(self, models: dict[str, str], backend: str, model: str) -> dict[str, str]:
        """Each backend has its own model."""
        return {**models, backend: model} if model else models

    def _connection(self, form: Form) -> tuple[Any, Any]:
        """Whether URL and key are asked for."""
        custom = form.backend == "custom"
        return gr.update(visible=form.backend != "embedded"), gr.update(visible=custom)

    def open(self, *values: Any) -> tuple[Any, ...]:
        """The page was opened or reloaded: what the conversation was, it is again."""
        form = Form.from_values(FORM, values)
        conversation = self._context.conversations.get(form.conversation)
        return (form.conversation, *self._panels(conversation), *self._connection(form))

    def commit(self, conversation_id: str, message: str) -> tuple[Any, ...]:
        """An exchange has ended: the conversation as the server kept it. A message without an answer stays typed."""
        conversation = self._context.conversations.get(conversation_id)
        turn = conversation.turns[-1] if conversation.turns else None
        typed = message if turn is None or turn.failed else ""
        return (*self._panels(conversation), typed, draw_attached(conversation))

    def _panels(self, conversation: Conversation) -> tuple[str, ...]:
        last = conversation.last
        talk, stream = draw_conversation(conversation), draw_stream(last)
        return talk, stream, draw_request(last), draw_response(last), draw_events(last), draw_timing(last)

    def edit(self, conversation_id: str, event: gr.EventData) -> tuple[str, str]:
        """A message or an answer was changed; the wire panel follows."""
        conversation = self._context.conversations.get(conversation_id)
        conversation.edit(int(event.turn), event.part, event.text)
        return draw_conversation(conversation), token_hex(4)

    def retry(self, conversation_id: str, message: str, turn: str) -> tuple[str, str]:
        """Take a turn and all after it back, and give its message to be sent again."""
        conversation = self._context.conversations.get(conversation_id)
        text = conversation.cut_from(int(turn))
        return draw_conversation(conversation), text or message

    def undo(self, conversation_id: str, message: str) -> tuple[str, str]:
        """Take the last turn back; its message is typed again."""
        conversation = self._context.conversations.get(conversation_id)
        text = conversation.cut_from(len(conversation.turns) - 1)
        return draw_conversation(conversation), text or message

    def clear(self, conversation_id: str) -> tuple[Any, ...]:
        """Begin anew; what is typed stays."""
        conversation = self._context.conversations.get(conversation_id)
        conversation.clear()
        return (*self._panels(conversation), draw_attached(conversation))

    def attach(self, conversation_id: str, files: Sequence[str] | None) -> tuple[None, str]:
        """Keep the chosen images as data URLs, to go with the next message."""
        conversation = self._context.conversations.get(conversation_id)
        conversation.images += [data_url(Path(file)) for file in files or ()]
        return None, draw_attached(conversation)

    def detach(self, conversation_id: str) -> str:
        """Let the images go."""
        conversation = self._context.conversations.get(conversation_id)
        conversation.images = []
        return draw_attached(conversation)

    def load(self, preset: Preset, conversation_id: str, backend: str, model: str) -> tuple[Any, ...]:
        """Put a preset into the form. Its model is TheRouter's, so another backend keeps its own."""
        fields = form_fields(preset.request)
        conversation = self._context.conversations.get(conversation_id)
        conversation.clear()
        conversation.preface = fields["history"]
        params = [fields["params"].get(parameter.name, "") for parameter in PARAMETERS]
        tab = "streaming" if preset.tab == "streaming" else "chat"
        return (
            gr.Tabs(selected=tab),
            fields["model"] if backend == "therouter" else model,
            fields["message"],
            fields["system"],
            fields["stream"],
            fields["include_usage"],
            fields["extra"],
            *params,
            *self._panels(conversation),
        )


def visitor(request: gr.Request) -> str | None:
    """The visitor's id from the cookie."""
    found = request.cookies.get(COOKIE)
    return str(found) if found else None


def data_url(path: Path) -> str:
    """A file as a data URL."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def draw_state(state: BackendState) -> str:
    """The backend's state in words and shape."""
    name = state.phase.value.replace(" ", "-")
    words = escape(state.words)
    return f'<span class="state {name}" role="status" title="{words}">{words[:80]}</span>'


def draw_attached(conversation: Conversation) -> str:
    """How many images wait for the next message."""
    count = len(conversation.images)
    return f"{count} image{'s' if count > 1 else ''} attached" if count else ""
