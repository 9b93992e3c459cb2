"""The wire pane: the request as code, and what went over the wire."""

import gradio as gr

from playground.ui.components import Drawn, Snippet
from playground.ui.draw.wire import draw_events, draw_request, draw_response, draw_timing
from playground.ui.handlers.wire import VIEWS, WireHandlers
from playground.ui.parts import LAST, Page


def build_wire(page: Page) -> None:
    """The snippet in each language; below it request, response, events, times."""
    page.parts["copy"] = gr.Button("Copy", elem_id="copy", size="sm", min_width=0)
    with gr.Tabs(elem_id="code") as code:
        for view, title in VIEWS.items():
            with gr.Tab(title, id=view, render_children=True) as tab:
                page.parts[view] = Snippet("", elem_id=view)
            tab.select(None, None, page.parts["language"], js=f"() => '{view}'")
    page.parts["code"] = code
    page.parts["steps"] = Drawn("", elem_id="steps")
    with gr.Tabs(elem_id="answer", selected="timing"):
        for name, draw in (("Request", draw_request), ("Response", draw_response), ("Events", draw_events)):
            with gr.Tab(name, render_children=True):
                page.parts[name.lower()] = Drawn(draw(None))
        with gr.Tab("Timing", id="timing", render_children=True):
            page.parts["timing"] = Drawn(draw_timing(None), elem_id="timing")


def connect_wire(page: Page, blocks: gr.Blocks, handlers: WireHandlers) -> None:
    """The snippet follows each keystroke; only the language that is looked at is drawn."""
    parts = page.parts
    changes = [component.change for component in page.form.values()]
    others = [parts[name].change for name in ("again", "ended", "talk", "language")]
    gr.on(
        [blocks.load, *changes, *others],
        handlers.snippet,
        [parts["language"], *page.inputs()],
        [*(parts[view] for view in VIEWS), parts["sent"]],
        **LAST,
    )
    shown = [parts[name] for name in ("steps", "request", "response", "events", "timing")]
    parts["step"].click(handlers.step, [page.form["conversation"], parts["turn"]], shown, **LAST)
    parts["copy"].click(None, js="() => window.playground.copy()")
