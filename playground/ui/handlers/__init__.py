"""What Gradio's events do: a few lines each, over the server's parts."""

from playground.ui.handlers.backend import BackendHandlers
from playground.ui.handlers.conversation import ConversationHandlers
from playground.ui.handlers.presets import PresetHandlers
from playground.ui.handlers.schema import SchemaHandlers
from playground.ui.handlers.servers import ServerHandlers
from playground.ui.handlers.tools import ToolHandlers
from playground.ui.handlers.wire import WireHandlers

__all__ = [
    "BackendHandlers",
    "ConversationHandlers",
    "PresetHandlers",
    "SchemaHandlers",
    "ServerHandlers",
    "ToolHandlers",
    "WireHandlers",
]
