"""Colours for snippets and for JSON: lines of spans whose text is exactly the input."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from playground.markup.highlight import colour_pieces

MAX_COLOURED = 200_000

Piece = tuple[str, str]  # class or "", text

# Possessive quantifiers: nothing is tried twice, so the time is linear.
_SHELL = re.compile(
    r"""(?P<c>(?<!\S)\#[^\n]*+)
      | '(?P<single>(?:[^']++|'\\'')*+)(?P<single_end>'?)
      | (?P<double>"(?:[^"\\]++|\\[\s\S])*+"?)
      | \\[\s\S]""",
    re.VERBOSE,
)
_JSON = re.compile(r'"(?:[^"\\\n]++|\\[^\n])*+"?')
_COLON = re.compile(r"\s*+:")
_VARIABLE = re.compile(r"(\\[\s\S]|\$\{\w++\}|\$[A-Za-z_]\w*+)")


def colour_curl(text: str) -> str:
    """A shell snippet: comments `c`, strings `s`, variables in double quotes `v`, keys of JSON `k`."""
    return _lines(_shell(text) if len(text) <= MAX_COLOURED else [("", text)])


def colour_code(text: str, language: str) -> str:
    """A snippet in any other language that `highlight` knows."""
    return _lines(colour_pieces(text, language))


def colour_json(text: str) -> str:
    """JSON, also such that is cut off: keys `k`, strings `s`."""
    return _lines(_json(text) if len(text) <= MAX_COLOURED else [("", text)])


def _shell(text: str) -> Iterator[Piece]:
    at = 0
    for match in _SHELL.finditer(text):
        yield "", text[at : match.start()]
        at = match.end()
        single = match["single"]
        if match["c"] is not None:
            yield "c", match[0]
        elif match["double"] is not None:
            yield from _double(match[0])
        elif single is None:
            yield "", match[0]
        elif single.lstrip()[:1] in ("{", "["):
            yield "", "'"
            yield from _json(single)
            yield "", match["single_end"]
        else:
            yield "s", match[0]
    yield "", text[at:]


def _double(text: str) -> Iterator[Piece]:
    for part in _VARIABLE.split(text):
        yield "v" if part.startswith("$") and len(part) > 1 else "s", part


def _json(text: str) -> Iterator[Piece]:
    at = 0
    for match in _JSON.finditer(text):
        yield "", text[at : match.start()]
        at = match.end()
        yield "k" if _COLON.match(text, at) else "s", match[0]
    yield "", text[at:]


def _lines(pieces: Iterable[Piece]) -> str:
    """The pieces in one `<span class="ln">` a line; the line's end stands inside it."""
    out: list[str] = []
    started = False
    for css, text in pieces:
        for part in _keep_ends(text):
            if not part:
                continue
            if not started:
                out.append('<span class="ln">')
                started = True
            out.append(_span(css, part.removesuffix("\n")))
            if part.endswith("\n"):
                out.append("\n</span>")
                started = False
    if started:
        out.append("</span>")
    return "".join(out)


def _keep_ends(text: str) -> list[str]:
    *ended, rest = text.split("\n")
    return [f"{line}\n" for line in ended] + [rest]


def _span(css: str, text: str) -> str:
    safe = escape(text, quote=False).replace("\r", "&#13;")  # a parser would make a bare \r a \n
    return f'<span class="{css}">{safe}</span>' if css and text else safe
