"""The header: where the request goes, how that backend is, which model answers."""

import gradio as gr

from playground.app.context import Context
from playground.app.form.form import Form
from playground.ui.components import Drawn, Listed
from playground.ui.handlers.backend import ASKED, BackendHandlers
from playground.ui.parts import LAST, QUICK, Page


def build_header(page: Page, context: Context) -> None:
    """Backend, state, model, facts; and below, where they are asked for, base URL and key."""
    form = Form(backend=first_backend(context))
    chosen = context.backend(form)
    titles = [(backend.title, backend.name) for backend in context.backends(form)]
    page.parts["models"] = gr.Textbox("{}", visible="hidden")  # each backend's own, as JSON
    page.parts["timer"] = gr.Timer(1)
    with gr.Row(elem_id="top"):
        Drawn("<h1><i aria-hidden='true'>◇</i>Playground</h1>", elem_id="brand")
        page.form["backend"] = Listed(
            titles, value=chosen.name, label="Backend", elem_id="backend", elem_classes="pick", scale=0, min_width=0
        )
        page.parts["state"] = Drawn("<span class='state' role='status'>checking</span>", elem_id="state")
        page.form["model"] = gr.Dropdown(
            [chosen.default_model] if chosen.default_model else [],
            value=chosen.default_model or None,
            label="Model",
            elem_id="model",
            elem_classes="pick",
            scale=0,
            min_width=0,
            allow_custom_value=True,
        )
        page.parts["facts"] = Drawn("", elem_id="facts")
        if context.access.users is not None:
            Drawn('<a class="link" href="logout" data-act="log-out">log out</a>', elem_id="log-out")
        page.parts["drawer"] = gr.Button("Request", elem_id="drawer", size="sm", min_width=0)
    with gr.Row(elem_id="connection", visible=chosen.name != "embedded") as connection:
        page.form["custom_url"] = gr.Textbox(
            context.settings.custom_url.url, label="Base URL", max_lines=1, visible=chosen.name == "custom"
        )
        gr.Textbox(
            label="API key", type="password", elem_id="api-key", max_lines=1, placeholder="kept for this session"
        )
        page.parts["use_key"] = gr.Button("Use key", size="sm", min_width=0, elem_id="use-key")
        Drawn(
            "A key is kept in this app's memory, for your browser session only. It is referred to by name and never "
            "shown.",
            elem_classes="hint",
        )
    page.parts["connection"] = connection


def first_backend(context: Context) -> str:
    """The setting's; else TheRouter where there is a key, the embedded model where there is none."""
    chosen = context.settings.backend
    if chosen:
        return chosen
    return "therouter" if context.settings.therouter_api_key else "embedded"


def connect_header(page: Page, blocks: gr.Blocks, handlers: BackendHandlers) -> None:
    """Looking at the backend again and again, switching it, the key, the drawer of a narrow screen."""
    form, parts = page.form, page.parts
    asked = [parts["models"], *(form[name] for name in ASKED)]
    facts = [parts["state"], parts["facts"], form["model"], parts["timer"]]
    connection = [parts["connection"], form["custom_url"]]
    gr.on(
        [blocks.load, parts["timer"].tick, form["custom_url"].blur, parts["again"].change],
        handlers.state,
        asked,
        [*facts, form["backend"]],
        **LAST,
    )
    form["backend"].change(handlers.switch, asked, [*facts, *connection], **QUICK)
    form["model"].change(handlers.remember, asked, [parts["models"], parts["facts"]], **QUICK)
    use_key = "async backend => await window.playground.useKey(backend)"
    parts["use_key"].click(None, form["backend"], parts["again"], js=use_key)
    parts["drawer"].click(None, js="() => window.playground.drawer()")
