"""The page's tabs. A new one is a folder here, whose `TAB` says what it is, and one line in the list."""

from playground.listed import load_listed
from playground.ui.tab import Tab

FOLDERS = (  # in the order of the page; the first is open at the start
    "chat",
    "streaming",
    "tools",
    "json",
    "servers",
)


def load_tab(folder: str) -> Tab:
    """The tab of a folder here.

    Raises:
        TypeError: its `TAB` is none, or has another id than its folder.
    """
    return load_listed(__name__, folder, "TAB", Tab)


TABS = tuple(map(load_tab, FOLDERS))
