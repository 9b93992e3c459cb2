"""What Gradio's events do: a few lines each, over the server's parts. A tab's own are in its folder."""

from playground.ui.handlers.backend import BackendHandlers
from playground.ui.handlers.conversation import ConversationHandlers
from playground.ui.handlers.presets import PresetHandlers
from playground.ui.handlers.wire import WireHandlers

__all__ = [
    "BackendHandlers",
    "ConversationHandlers",
    "PresetHandlers",
    "WireHandlers",
]
