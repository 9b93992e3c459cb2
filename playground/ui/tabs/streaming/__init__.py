"""Streaming: the stream itself, piece by piece."""

from playground.ui.tab import Tab
from playground.ui.tabs.streaming.tab import build

TAB = Tab(id="streaming", title="Streaming", build=build, sends="streaming", talk=False)
