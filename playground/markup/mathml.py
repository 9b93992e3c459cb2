r"""LaTeX to MathML, built from checked parts; what cannot be converted is shown as its source.

latex2mathml's own string output is not used: it lets `\text{<img …>}` through as a tag. Its tree is
walked instead, every tag and attribute checked, every text escaped.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

MAX_LATEX = 2_000
MAX_DEPTH = 60
MAX_NODES = 5_000

MATH_TAGS = frozenset(
    "math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup "
    "msup mtable mtd mtext mtr munder munderover".split()
)
MATH_ATTRIBUTES = frozenset(
    "accent columnalign columnlines columnspacing depth displaystyle fence form height largeop linebreak "
    "linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits "
    "notation rowlines rowspacing rspace scriptlevel separator stretchy voffset width".split()
)

# Short words, colours and lengths below 1000: no URL, no function, nothing that bursts the page.
_VALUE = re.compile(r"(?:#[0-9a-fA-F]{3,8}|[+-]?\d{0,3}(?:\.\d{1,4})?[a-z%]{0,24}|[a-z-]{1,30}(?: [a-z-]{1,30}){0,40})")
_MACROS = re.compile(
    r"\\(?:(?:re|provide)?newcommand|renewcommand|providecommand|def|gdef|edef|let|DeclareMathOperator)\b"
)
_FAILURES: tuple[type[Exception], ...] = (
    *(kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    AttributeError,  # the rest is how latex2mathml fails on LaTeX that is cut short or malformed
    LookupError,
    RuntimeError,  # RecursionError too
    StopIteration,
    TypeError,
    ValueError,
)


class _TooMuch(ValueError):
    """The tree is too deep or too large to show."""


def render_math(latex: str, *, display: bool = False) -> str:
    """LaTeX as `<math>`, or as `<code class="math">` where it cannot be converted.

    Macro definitions are not expanded: they could grow without bound.
    """
    source = latex.strip()
    if source and len(source) <= MAX_LATEX and not _MACROS.search(source):
        try:
            tree = convert_to_element(source, display="block" if display else "inline")
            return _Writer().write(tree)
        except _FAILURES:
            pass
    return f'<code class="math">{escape(source)}</code>'


class _Writer:
    """Writes a tree of MathML; counts its nodes."""

    def __init__(self) -> None:
        self.nodes = 0

    def write(self, element: Element, depth: int = 0) -> str:
        """The element as HTML; a tag that is not on the list leaves its content behind."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _TooMuch
        inner = escape(unescape(element.text or ""), quote=False) + "".join(
            self.write(child, depth + 1) for child in element
        )
        if element.tag not in MATH_TAGS:
            return inner
        attributes = "".join(
            f' {name}="{escape(value)}"' for name, value in element.attrib.items() if _allowed(element.tag, name, value)
        )
        return f"<{element.tag}{attributes}>{inner}</{element.tag}>"


def _allowed(tag: str, name: str, value: str) -> bool:
    known = name in MATH_ATTRIBUTES or (tag == "math" and name == "display")
    return known and _VALUE.fullmatch(value) is not None
