"""Servers: launch an engine, watch it load, attach to one that runs; each then is a backend."""

from pathlib import Path

from playground.ui.tab import Tab
from playground.ui.tabs.servers.tab import build, connect

TAB = Tab(
    id="servers",
    title="Servers",
    build=build,
    connect=connect,
    sends=None,  # the wire pane stays with the request that was there
    talk=False,
    style=Path(__file__).parent / "servers.css",
)
