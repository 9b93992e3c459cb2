"""Chat: a conversation of several turns. The conversation itself stands below the tabs, since several share it."""

from playground.ui.preset_row import build_presets
from playground.ui.tab import Tab

TAB = Tab(
    id="chat",
    title="Chat",
    build=build_presets,
    empty="<b>Chat</b> sends one conversation to the model above. Press a preset, or write a message: the request that "
    "will be sent is shown beside it and updates as you type.",
)
