"""How blocks are laid out: each takes its own direction, and a table that is too wide scrolls by itself."""

from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_LABEL = 80  # characters

_WITH_TEXT = frozenset({"paragraph_open", "heading_open", "list_item_open", "th_open", "td_open"})
_ALIGN = "text-align:"


def add_layout(md: MarkdownIt) -> None:
    """Teach the parser directions, alignment without `style`, and tables in a box that scrolls."""
    md.core.ruler.push("own_direction", _own_direction)
    md.core.ruler.push("align_by_class", _align_by_class)
    md.core.ruler.push("name_tables", _name_tables)
    md.add_render_rule("table_open", _table_open)
    md.add_render_rule("table_close", _table_close)


def _own_direction(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in _WITH_TEXT:
            token.attrs["dir"] = "auto"


def _align_by_class(state: StateCore) -> None:
    """Table cells say their alignment with a class: `style` is not allowed."""
    for token in state.tokens:
        style = str(token.attrs.pop("style", "")) if token.type in {"td_open", "th_open"} else ""
        if style.startswith(_ALIGN):
            token.attrs["class"] = style.removeprefix(_ALIGN)


def _name_tables(state: StateCore) -> None:
    """A table's name is its head: it is read out where the keyboard stops to scroll."""
    table: Token | None = None
    for token in state.tokens:
        if token.type == "table_open":
            table = token
            table.meta["name"] = ""
        elif token.type == "thead_close":
            table = None
        elif table is not None and token.type == "inline" and len(table.meta["name"]) < MAX_LABEL:
            text = "".join(child.content for child in token.children or ())[:MAX_LABEL]
            table.meta["name"] += f", {text}" if text else ""


def _table_open(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: EnvType) -> str:
    label = f"table{tokens[at].meta['name']}"[:MAX_LABEL]
    return f'<div class="table" tabindex="0" role="group" aria-label="{escape(label)}"><table>\n'


def _table_close(_: RendererHTML, __: Sequence[Token], ___: int, ____: OptionsDict, _____: EnvType) -> str:
    return "</table></div>\n"
