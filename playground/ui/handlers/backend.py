"""The header's events: which backend, how it is, what it has."""

from html import escape
from typing import Any

import gradio as gr

from playground.backends import BackendState, Phase
from playground.server.context import Context
from playground.server.form import Form
from playground.server.server_cards import PREFIX
from playground.ui.draw.header import draw_state
from playground.ui.handlers.latest import Latest
from playground.ui.handlers.visitor import visitor
from playground.ui.parts import FORM

POLL_S = 2.0
CALM_S = 20.0


class BackendHandlers:
    """Looks at the chosen backend; every handler is given the form's values in the order of `FORM`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest = Latest()

    async def state(self, request: gr.Request, models: dict[str, str], *values: Any) -> tuple[Any, ...]:
        """State, facts, model list, and when to look again; nothing new where the backend was switched meanwhile."""
        form = Form.from_values(FORM, values)
        with self._latest.call(request.session_hash, gives_way=True) as is_last:
            state = await self._context.state(form, visitor(request))
            if not is_last():
                return (gr.skip(),) * 5
        model = form.model or self._model(form, models, state)
        choices = [entry.id for entry in state.models]
        wait_s = POLL_S if state.phase is Phase.LOADING else CALM_S
        listed = gr.update(choices=choices, value=model) if choices or model != form.model else gr.skip()
        backends = [(backend.title, backend.name) for backend in self._context.backends(form, visitor(request))]
        return draw_state(state), _facts(state, model), listed, gr.Timer(wait_s), gr.update(choices=backends)

    async def switch(self, request: gr.Request, models: dict[str, str], *values: Any) -> tuple[Any, ...]:
        """Another backend was chosen: its own model comes back, all else stays as typed."""
        form = Form.from_values(FORM, values)
        with self._latest.call(request.session_hash) as is_last:
            state = await self._context.state(form, visitor(request))
            if not is_last():
                return (gr.skip(),) * 6
        model = self._model(form, models, state)
        choices = [entry.id for entry in state.models] or [model]
        listed = gr.update(choices=choices, value=model)
        return draw_state(state), _facts(state, model), listed, gr.Timer(POLL_S), *self.connection(*values)

    def remember(self, models: dict[str, str], backend: str, model: str) -> dict[str, str]:
        """Each backend has its own model."""
        return {**models, backend: model} if model else models

    def connection(self, *values: Any) -> tuple[Any, Any]:
        """Whether URL and key are asked for."""
        form = Form.from_values(FORM, values)
        own = form.backend == "embedded" or form.backend.startswith(PREFIX)  # the app has its address and its key
        return gr.update(visible=not own), gr.update(visible=form.backend == "custom")

    def _model(self, form: Form, models: dict[str, str], state: BackendState) -> str:
        default = next((b.default_model for b in self._context.backends(form) if b.name == form.backend), "")
        first = state.models[0].id if state.models else ""
        return models.get(form.backend) or default or first


def _facts(state: BackendState, model: str) -> str:
    return next((escape(entry.facts()) for entry in state.models if entry.id == model), "")
