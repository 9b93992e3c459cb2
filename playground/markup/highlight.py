"""A block of code as HTML: a bar with the language and a copy button, and the coloured text."""

import re
from collections.abc import Iterator
from html import escape

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

MAX_COLOURED = 50_000
MAX_LANGUAGE = 40

# Their expressions take minutes for some hostile texts: where text from outside is coloured, a worker does it.
LEXERS = (
    "bash c cpp csharp css dart docker go graphql html ini java javascript json kotlin lua "
    "php powershell python r ruby rust sql swift toml typescript xml yaml"
).split()
_ALIASES = {
    "c#": "csharp",
    "c++": "cpp",
    "console": "bash",
    "cs": "csharp",
    "dockerfile": "docker",
    "golang": "go",
    "js": "javascript",
    "jsx": "javascript",
    "kt": "kotlin",
    "ps1": "powershell",
    "py": "python",
    "python3": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "bash",
    "shell": "bash",
    "svg": "xml",
    "ts": "typescript",
    "tsx": "typescript",
    "yml": "yaml",
    "zsh": "bash",
}
LANGUAGES = frozenset(LEXERS) | frozenset(_ALIASES)

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (Keyword, "k"),
    (Name.Tag, "k"),
    (String, "s"),
    (Number, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
)


def code_block(code: str, info: str = "", *, colours: bool = True) -> str:
    """The block; `info` is what stands behind the fence, its first word the language."""
    language = (info.split() or [""])[0][:MAX_LANGUAGE]
    language = re.sub(r"[^\w#+.-]", "", language)
    label = f"code, {language}" if language else "code"
    return (
        f'<div class="code"><div class="code-bar"><span>{escape(language)}</span>'
        '<button type="button" class="link" data-act="copy-code">copy</button></div>'
        f'<pre tabindex="0" role="group" aria-label="{escape(label)}"><code>'
        f"{_coloured(code, language if colours else '')}</code></pre></div>\n"
    )


def colour_pieces(code: str, language: str) -> Iterator[tuple[str, str]]:
    """The code in pieces, each with its class: `c`, `k`, `s`, `n`, `f`, or "" where it has none."""
    name = _ALIASES.get(language.lower(), language.lower())
    if name not in LANGUAGES or len(code) > MAX_COLOURED:
        yield "", code
        return
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    for _, kind, text in lexer.get_tokens_unprocessed(code):
        yield next((css for parent, css in _CLASSES if kind[: len(parent)] == parent), ""), text


def _coloured(code: str, language: str) -> str:
    return "".join(_span(css, escape(text, quote=False)) for css, text in colour_pieces(code, language))


def _span(css: str, safe: str) -> str:
    return f'<span class="{css}">{safe}</span>' if css else safe
