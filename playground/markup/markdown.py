"""Markdown as models write it, to HTML that cannot run, load or send anything.

Three walls: raw HTML is escaped by markdown-it, pictures become links, and nh3 lets through only the tags and
attributes below. LaTeX becomes MathML, which browsers draw without a script.
"""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from latex2mathml.converter import convert as to_mathml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.texmath import texmath_plugin
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String
from pygments.token import _TokenType as TokenType
from pygments.util import ClassNotFound

MAX_COLOURED = 50_000  # characters of one code block; beyond it, plain
MAX_LATEX = 2_000

MATHML = {
    *[
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "msup",
        "msub",
        "msubsup",
        "mfrac",
        "msqrt",
        "mroot",
        "mover",
        "munder",
        "munderover",
    ],
    *[
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
        "mmultiscripts",
        "mprescripts",
        "none",
    ],
}
TAGS = MATHML | set(
    [
        "p",
        "br",
        "hr",
        "em",
        "strong",
        "s",
        "code",
        "pre",
        "span",
        "div",
        "blockquote",
        "ul",
        "ol",
        "li",
        "a",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "button",
    ]
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "target"},
    "code": {"class"},
    "span": {"class"},
    "div": {"class"},
    "pre": {"class", "tabindex", "role", "aria-label"},
    "button": {"class", "type", "data-act"},
    "ol": {"start"},
    "math": {"display"},
    "mo": {"stretchy", "fence", "form", "separator", "accent", "movablelimits", "lspace", "rspace"},
    "mi": {"mathvariant"},
    "mspace": {"width", "linebreak"},
    "mtable": {"columnalign", "rowspacing", "columnspacing"},
    "mfrac": {"linethickness"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mover": {"accent"},
    "menclose": {"notation"},
}


def render_markdown(text: str) -> str:
    """Safe HTML of `text`."""
    return nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    """The parser, made once: it holds no state between texts."""
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, renderer=_math)
    md.use(texmath_plugin, delimiters="brackets")
    md.add_render_rule("fence", _fence)
    md.add_render_rule("code_block", _fence)
    md.add_render_rule("image", _image)
    md.add_render_rule("math_inline", _math_inline)
    md.add_render_rule("math_block", _math_block)
    return md


def _math_inline(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return _math(tokens[index].content, {"display_mode": False})


def _math_block(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return _math(tokens[index].content, {"display_mode": True})


def _math(latex: str, options: dict[str, Any]) -> str:
    """MathML; what cannot be converted is shown as it was written."""
    source = f'<code class="math">{html.escape(latex)}</code>'
    if len(latex) > MAX_LATEX:
        return source
    try:
        return to_mathml(latex, display="block" if options.get("display_mode") else "inline")
    except Exception:  # noqa: BLE001 - latex2mathml raises whatever its stack walk meets; the source is shown
        return source


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    """A link in place of a picture: a remote picture would call out."""
    token = tokens[index]
    source = html.escape(str(token.attrGet("src") or ""))
    return f'<a href="{source}" target="_blank">{html.escape(token.content or "picture")}</a>'


def _fence(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    token = tokens[index]
    words = token.info.split()
    language = words[0] if words else ""
    label = html.escape(f"code, {language}" if language else "code")
    return (
        f'<div class="code"><div class="code-bar"><span>{html.escape(language)}</span>'
        '<button type="button" class="link" data-act="copy-code">copy</button></div>'
        f'<pre tabindex="0" role="group" aria-label="{label}"><code>'
        f"{colour_code(token.content, language)}</code></pre></div>\n"
    )


def colour_code(code: str, language: str) -> str:
    """Escaped code with spans of classes k, s, c, n, f; plain where the language is not known."""
    if not language or len(code) > MAX_COLOURED:
        return html.escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return html.escape(code)
    return "".join(_span(kind, piece) for kind, piece in lexer.get_tokens(code))


CLASSES: tuple[tuple[TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword, "k"),
    (String, "s"),
    (Number, "n"),
    (Name.Function, "f"),
)


def _span(kind: TokenType, piece: str) -> str:
    text = html.escape(piece)
    for token, name in CLASSES:
        if kind in token:
            return f'<span class="{name}">{text}</span>'
    return text


CURL = re.compile(
    r'(?P<k>"(?:[^"\\]|\\.)*"(?=:))|(?P<s>"(?:[^"\\]|\\.)*")|(?P<v>(?<![\w$])\$[A-Z_]+)', re.DOTALL
)
MAX_SNIPPET = 100_000


def colour_snippet(code: str) -> str:
    """A curl command or JSON, a `.ln` span a line; its text content is exactly `code`."""
    lines = code.split("\n")
    draw = _colour_line if len(code) <= MAX_SNIPPET else html.escape
    return "".join(
        f'<span class="ln">{draw(line)}{chr(10) if i < len(lines) - 1 else ""}</span>'
        for i, line in enumerate(lines)
    )


def _colour_line(line: str) -> str:
    out, at = [], 0
    for match in CURL.finditer(line):
        text = html.escape(match[0], quote=False)
        text = re.sub(r"(\$[A-Z_]+)", r'<span class="v">\1</span>', text) if match.lastgroup == "s" else text
        out += [html.escape(line[at : match.start()], quote=False)]
        out += [f'<span class="{match.lastgroup}">{text}</span>']
        at = match.end()
    return "".join(out) + html.escape(line[at:], quote=False)
