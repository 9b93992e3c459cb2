"""Model output, which is untrusted, as HTML that is safe to show.

Three nets: the parser escapes raw HTML and refuses every link but http, https and mailto; images become
links, so that nothing remote loads by itself; and what comes out is sanitised once more (`sanitise`).
"""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from playground.markup.highlight import code_block
from playground.markup.layout import add_layout
from playground.markup.math_rules import add_math
from playground.markup.mathml import render_math
from playground.markup.sanitise import sanitise

COLOURS = "colours"
MAX_NESTING = 40  # deeper quotes and lists are cut off: the price of a bound

LIGHT = 4_000  # characters; with few marks they take some milliseconds, whatever they are
LIGHT_MARKS = 40
LIGHT_MATHS = 200  # characters, where a formula may be among them: each is converted by code that is slow itself

_MARK = re.compile(r"[\[\]!*_`$\\<>&|~#\n+-]")
_LINK = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


class _Parser(MarkdownIt):
    """markdown-it with our rule for links."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - markdown-it's name
        """Whether the link may be one; what may not is shown as it was written."""
        return _LINK.match(url) is not None


def render_markdown(text: str, *, colours: bool = True) -> str:
    """Markdown with tables, strikethrough, code (coloured or not) and LaTeX, as sanitised HTML.

    The time grows with the square of some texts, in the parser and in the expressions that colour code: what is not
    `is_light` belongs in a worker.
    """
    return sanitise(str(_PARSER.render(text, {COLOURS: colours})))


def render_plain(text: str) -> str:
    """Text as it is, for where it cannot be rendered."""
    return f'<div class="plain">{escape(text, quote=False)}</div>'


def is_light(text: str) -> bool:
    """Whether this Markdown takes some milliseconds at most."""
    most = LIGHT_MATHS if "$" in text or "\\" in text else LIGHT
    if len(text) > most or "```" in text or "~~~" in text:
        return False
    return sum(1 for _ in _MARK.finditer(text)) <= LIGHT_MARKS


def _images_to_links(state: StateCore) -> None:
    """An image becomes a link to it with its alternative text, or that text alone inside a link."""
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        inside, children = 0, []
        for token in block.children:
            inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            children += _link_to(token, linked=not inside) if token.type == "image" else [token]
        block.children = children


def _link_to(image: Token, *, linked: bool) -> list[Token]:
    text = Token("text", "", 0, content=image.content or "image")
    if not linked:
        return [text]
    opening = Token("link_open", "a", 1, attrs={"href": image.attrs.get("src", "")})
    return [opening, text, Token("link_close", "a", -1)]


def _code(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, env: EnvType) -> str:
    return code_block(tokens[at].content, tokens[at].info, colours=env.get(COLOURS, True))


def _math_inline(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: EnvType) -> str:
    return render_math(tokens[at].content, display=tokens[at].markup in {"$$", "\\["})


def _math_block(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: EnvType) -> str:
    return f'<div class="math">{render_math(tokens[at].content, display=True)}</div>\n'


def _parser() -> MarkdownIt:
    md = _Parser("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    add_math(md)
    md.core.ruler.push("images_to_links", _images_to_links)
    add_layout(md)
    for name in ("fence", "code_block"):
        md.add_render_rule(name, _code)
    md.add_render_rule("math_inline", _math_inline)
    md.add_render_rule("math_block", _math_block)
    return md


_PARSER = _parser()
