"""The page's tabs. A new one is a folder here, whose `TAB` says what it is, and one line in the list."""

from importlib import import_module

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
    tab = import_module(f"{__name__}.{folder}").TAB
    if not isinstance(tab, Tab) or tab.id != folder:
        raise TypeError(f"{folder}: its TAB must be a Tab whose id is {folder!r}.")
    return tab


TABS = tuple(map(load_tab, FOLDERS))
