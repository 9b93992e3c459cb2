"""A tab of the page as a value: whatever the rest of the page wants to know of it, it says by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from playground.app.context import Context
from playground.presets import Tab as Request
from playground.ui.parts import Page

Build = Callable[[Page, Context], None]
Connect = Callable[[Page, gr.Blocks, Context], None]

CHAT: Request = "chat"
MARK = "without-"
SENDS = "sends-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab. Its id is what scripts, sheets and other code know it by; its title is for people alone.

    Attributes:
        id: small letters and digits; also the name of its folder.
        title: what its button says.
        build: makes its components, with the tab open around them.
        connect: ties their events, once the whole page stands.
        sends: what the requests under it are made of, as `playground.app.form.form` knows it; None where nothing is
            sent from it: it has no composer, and Ctrl+Enter does nothing.
        fields: the form's fields that it builds, by their names there. They are in every request whose `sends` asks
            for them.
        talk: whether the conversation stands below it; where it does not, the tab has the height for itself.
        wire: whether the wire pane stands beside it.
        empty: what stands in the place of a conversation that has not begun: HTML without an element around it.
        script: a script of its own, run after the page's.
        style: a sheet of its own, nested into the page's: `&[data-tab=…]` is the body while the tab is open.
    """

    id: str
    title: str
    build: Build
    connect: Connect | None = None
    sends: Request | None = CHAT
    fields: tuple[str, ...] = ()
    talk: bool = True
    wire: bool = True
    empty: str = ""
    script: Path | None = None
    style: Path | None = None

    @property
    def composer(self) -> bool:
        """Whether messages are written and sent under it."""
        return self.sends is not None

    def marks(self) -> list[str]:
        """Classes of the tab's panel, which tell the page's script what it is to know of the tab."""
        parts = {"composer": self.composer, "talk": self.talk, "wire": self.wire}
        absent = [f"{MARK}{name}" for name, there in parts.items() if not there]
        return [*absent, f"{SENDS}{self.sends}"] if self.sends else absent


def build_tab(tab: Tab, page: Page, context: Context) -> None:
    """Put the tab onto the page; the page's tabs are open around it.

    Raises:
        ValueError: it builds other fields of the form than it says.
    """
    before = set(page.form)
    with gr.Tab(
        tab.title, id=tab.id, elem_id=f"tab-{tab.id}", elem_classes=tab.marks(), render_children=True
    ) as page.parts[f"tab.{tab.id}"]:
        tab.build(page, context)
    if (found := page.form.keys() - before) != set(tab.fields):
        raise ValueError(f"The tab {tab.id!r} says that it has the fields {tab.fields}, and builds {sorted(found)}.")


def connect_tab(tab: Tab, page: Page, blocks: gr.Blocks, context: Context) -> None:
    """Its own events; and that requests are what it sends, from when it is opened. One that sends none leaves that."""
    if tab.sends:
        page.parts[f"tab.{tab.id}"].select(None, None, page.form["tab"], js=f"() => '{tab.sends}'")
    if tab.connect:
        tab.connect(page, blocks, context)


def draw_empty(tabs: tuple[Tab, ...]) -> str:
    """What stands where no conversation has begun: one text for each tab, of which the sheet shows the open one's."""
    return "".join(f'<p class="empty" data-for="{tab.id}">{tab.empty}</p>' for tab in tabs if tab.empty)


def build_sheet(tabs: tuple[Tab, ...]) -> str:
    """The tabs' own part of the sheet."""
    shows = (f"&[data-tab={tab.id}] .empty[data-for={tab.id}]" for tab in tabs if tab.empty)
    shown = ", ".join(shows)
    sheets = [tab.style.read_text(encoding="utf-8") for tab in tabs if tab.style]
    return "\n".join([f"{shown} {{ display: block !important; }}" if shown else "", *sheets])


def build_scripts(tabs: tuple[Tab, ...]) -> str:
    """The tabs' own scripts."""
    return "\n".join(tab.script.read_text(encoding="utf-8") for tab in tabs if tab.script)
