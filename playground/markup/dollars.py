"""Tells formulas between dollars from prices, shell variables and other dollars of ordinary text.

The ground is Pandoc's `tex_math_dollars`: no space after the opening dollar, none before the closing one, and no digit
after it. `$PATH:$HOME` or "between $5 and 10$" would still pass, so three more things are asked: what stands beside the
dollars, with what the text between them begins and ends, and whether that text is prose.
"""

import re

_WORD = re.compile(r"[A-Za-z0-9_]")  # of ASCII: scripts without spaces write a letter right beside a formula
_ORDINAL = re.compile(r"(?:th|st|nd|rd)(?![A-Za-z0-9_])")  # the $n$th element
_OPERAND = re.compile(r"[\w)\]}'%!]")

# `$(date)`, `$x` and `$5` may begin a formula. These do not: `$"`, `$'`, `$@`, `$?`, `$&`, `$.ajax`, "($)".
_NO_BEGINNING = re.compile(r"""[\s"'`@?&%#/);]|\.(?!\d)""")
_NO_END = frozenset(' \t\r\n"`@&/(')

# A word that stands among others with nothing but spaces between them: LaTeX would run them together. Prose in a
# formula stands in \text{…}, and where there is a command at all, the text is taken for LaTeX.
_PROSE = re.compile(
    r"""[\w)\]%][*_,.;:!?]{0,4}\s{1,8}
        (?!(?:arg|cos|cosh|cot|deg|det|dim|exp|gcd|inf|ker|lim|ln|log|max|min|mod|sin|sinh|sup|tan|tanh)\b)
        [^\W\d_]{2,}[,.;:!?]{0,4}\s{1,8}
        [*_]{0,4}[\w(\[]""",  # bounded, so that no text makes it slow
    re.VERBOSE,
)


def opens_formula(src: str, at: int) -> bool:
    """Whether the dollar or two at `at` may open a formula, by what is beside them."""
    if not src.startswith("$", at):
        return False
    before = src[at - 1] if at else ""
    if before == "$":  # the rest of a longer run, unless it is a dollar that was written as `\$`
        return at > 1 and src[at - 2] == "\\"
    if _is_word(before):  # US$5, value$
        return False
    if src.startswith("$$", at):
        return not src.startswith("$$$", at)
    return not _NO_BEGINNING.match(src, at + 1)


def encloses_formula(src: str, begin: int, end: int, dollars: int) -> bool:
    """Whether `src[begin:end]`, between one dollar or two at each side, is a formula."""
    text, after = src[begin:end], src[end + dollars : end + dollars + 1]
    if "`" in text:  # code binds tighter
        return False
    if dollars == 1 and text[-1] in _NO_END:
        return False
    is_operand = _OPERAND.match(text.rstrip()[-1]) is not None
    if _is_word(after) and not (is_operand and _ORDINAL.match(src, end + dollars)):  # $PATH:$HOME
        return False
    if after in ("$", "{"):  # ${a}:${b}
        return False
    if after in ("(", "[") and (text[0] == after or not is_operand):  # $(pwd):$(date), but not $f$(x)
        return False
    return "\\" in text or not _PROSE.search(text)


def _is_word(char: str) -> bool:
    return char.isdigit() or _WORD.match(char) is not None
