"""The wire pane: the request as code, and what went over the wire."""

import gradio as gr

from playground.snippets import DEFAULT, LANGUAGES
from playground.ui.components import Drawn
from playground.ui.draw.wire import draw_events, draw_request, draw_response, draw_timing
from playground.ui.handlers.wire import WireHandlers
from playground.ui.parts import LAST, Page


def build_wire(page: Page) -> None:
    """The snippet in one language at a time; below it request, response, events, times."""
    page.parts["copy"] = gr.Button("Copy", elem_id="copy", size="sm", min_width=0)
    with gr.Row(elem_id="code-bar"):
        page.parts["language"] = gr.Dropdown(
            [(language.title, language.id) for language in LANGUAGES],
            value=DEFAULT,
            label="Language",
            elem_id="language",
            elem_classes="pick",
            scale=0,
            min_width=0,
        )
        page.parts["replay"] = gr.Checkbox(value=False, label="whole tool loop", elem_id="replay", min_width=0)
    Drawn("<div data-code></div>", elem_id="snippet")
    page.parts["steps"] = Drawn("", elem_id="steps")
    with gr.Tabs(elem_id="answer", selected="timing"):
        for name, draw in (("Request", draw_request), ("Response", draw_response), ("Events", draw_events)):
            with gr.Tab(name, render_children=True):
                page.parts[name.lower()] = Drawn(draw(None))
        with gr.Tab("Timing", id="timing", render_children=True):
            page.parts["timing"] = Drawn(draw_timing(None), elem_id="timing")


def connect_wire(page: Page, handlers: WireHandlers) -> None:
    """The exchange that is looked at, and the way to the clipboard; the snippet is the script's (`snippet.js`)."""
    parts = page.parts
    shown = [parts[name] for name in ("steps", "request", "response", "events", "timing")]
    parts["step"].click(handlers.step, [page.form["conversation"], parts["turn"]], shown, **LAST)
    parts["copy"].click(None, js="() => window.playground.copy()")
