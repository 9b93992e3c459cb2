"""Tools: define them, choose how they are called, and say what answers the calls."""

from pathlib import Path

from playground.ui.tab import Tab
from playground.ui.tabs.tools.tab import build, connect

TAB = Tab(
    id="tools",
    title="Tools",
    build=build,
    connect=connect,
    sends="tools",
    fields=(
        *("tools", "tool_choice", "choice_after", "parallel_tool_calls", "with_format"),
        *("builtins", "mcp", "mock", "by_itself", "max_turns"),
    ),
    empty="<b>Tools</b> offers the functions above to the model. Press lookup_region, then Send: its calls appear here "
    "as they stream in, are checked against their schema, and wait for you to run, answer or reject them.",
    style=Path(__file__).parent / "tools.css",
)
