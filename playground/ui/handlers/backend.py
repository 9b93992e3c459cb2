"""The header's events: which backend, how it is, what it has."""

import json
from collections.abc import Iterable
from html import escape
from typing import Any

import gradio as gr

from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.servers.watched import PREFIX
from playground.backends import BackendState, ModelEntry
from playground.ui.draw.header import draw_state
from playground.ui.handlers.latest import Latest
from playground.ui.handlers.visitor import visitor

MAX_REMEMBERED = 64 * 1024  # characters: each backend's model, as the page keeps them
ASKED = ("backend", "custom_url", "model")
POLL_S = 2.0
CALM_S = 20.0


class BackendHandlers:
    """Looks at the chosen backend; every handler is given the form's values that `ASKED` names."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest = Latest()

    async def state(self, request: gr.Request, models: str, *values: str) -> tuple[Any, ...]:
        """State, facts, model list, and when to look again; nothing new where the backend was switched meanwhile."""
        form = Form.from_values(ASKED, values)
        with self._latest.call(request.session_hash, gives_way=True) as is_last:
            state = await self._context.state(form, visitor(request))
            if not is_last():
                return (gr.skip(),) * 5
        model = form.model or self._model(form, models, state)
        choices = [entry.id for entry in state.models]
        wait_s = POLL_S if state.phase.is_loading else CALM_S
        # a model that was chosen meanwhile stays: its name is not written again
        listed = gr.update(choices=choices) if form.model else gr.update(choices=choices, value=model)
        backends = [(backend.title, backend.name) for backend in self._context.backends(form, visitor(request))]
        return draw_state(state), _facts(state.models, model), listed, gr.Timer(wait_s), gr.update(choices=backends)

    async def switch(self, request: gr.Request, models: str, *values: str) -> tuple[Any, ...]:
        """Another backend was chosen: its own model comes back, all else stays as typed."""
        form = Form.from_values(ASKED, values)
        with self._latest.call(request.session_hash) as is_last:
            state = await self._context.state(form, visitor(request))
            if not is_last():
                return (gr.skip(),) * 6
        model = self._model(form, models, state)
        choices = [entry.id for entry in state.models] or [model]
        listed = gr.update(choices=choices, value=model)
        return draw_state(state), _facts(state.models, model), listed, gr.Timer(POLL_S), *_connection(form)

    def remember(self, request: gr.Request, models: str, *values: str) -> tuple[str, str]:
        """Another model was chosen: each backend has its own. And what is known of it."""
        form = Form.from_values(ASKED, values)
        if form.model:
            models = json.dumps(_read(models) | {form.backend: form.model})
        return models, _facts(self._context.entries(form, visitor(request)), form.model)

    def _model(self, form: Form, models: str, state: BackendState) -> str:
        default = next((b.default_model for b in self._context.backends(form) if b.name == form.backend), "")
        first = state.models[0].id if state.models else ""
        return _read(models).get(form.backend) or default or first


def _connection(form: Form) -> tuple[Any, Any]:
    """Whether URL and key are asked for."""
    own = form.backend == "embedded" or form.backend.startswith(PREFIX)  # the app has its address and its key
    return gr.update(visible=not own), gr.update(visible=form.backend == "custom")


def _read(models: str) -> dict[str, str]:
    """The backends' models, as the page keeps them; none where it is not what this app wrote."""
    try:
        read = json.loads(models or "{}") if len(models) <= MAX_REMEMBERED else {}
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(model) for name, model in read.items()} if isinstance(read, dict) else {}


def _facts(entries: Iterable[ModelEntry], model: str) -> str:
    return next((escape(entry.facts()) for entry in entries if entry.id == model), "")
