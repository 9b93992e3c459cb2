"""JSON: an answer of a stated shape, checked against it."""

from pathlib import Path

from playground.ui.tab import Tab
from playground.ui.tabs.json.tab import build, connect

TAB = Tab(
    id="json",
    title="JSON",
    build=build,
    connect=connect,
    sends="json",
    fields=("json_mode", "schema_name", "json_schema", "strict", "schema_in_prompt", "with_tools"),
    empty="<b>JSON</b> asks for an answer that matches a schema. Press Restart nginx, then Send: the answer appears "
    "as a tree while it streams, and every broken rule is listed with its location.",
    style=Path(__file__).parent / "json.css",
)
