"""What stands in the Streaming tab."""

from playground.app.context import Context
from playground.ui.components import StreamView
from playground.ui.draw.stream import draw_stream
from playground.ui.parts import Page
from playground.ui.preset_row import build_presets


def build(page: Page, context: Context) -> None:
    """The presets and the view of the stream."""
    build_presets(page, context)
    page.parts["stream_view"] = StreamView(draw_stream(None), elem_id="stream")
