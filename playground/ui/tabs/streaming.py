"""Streaming: the stream itself, piece by piece."""

import gradio as gr

from playground.server.context import Context
from playground.ui.components import StreamView
from playground.ui.draw.stream import draw_stream
from playground.ui.parts import Page
from playground.ui.preset_row import build_presets


def build_streaming(page: Page, context: Context) -> gr.Tab:
    """The presets and the view of the stream."""
    tab: gr.Tab
    with gr.Tab("Streaming", id="streaming", render_children=True) as tab:
        build_presets(page, context)
        page.parts["stream_view"] = StreamView(draw_stream(None), elem_id="stream")
    return tab
