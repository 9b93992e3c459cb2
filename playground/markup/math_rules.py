r"""Finds LaTeX in Markdown: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and amsmath environments.

Dollars that are not LaTeX are told apart in `dollars`.

The plugins of mdit-py-plugins look for the closing mark up to the end of the text, for each opening one:
25 kB of `$$a` take them 6 s. Here the search ends after `REACH` characters, so the cost stays linear.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from playground.markup.dollars import encloses_formula, opens_formula
from playground.markup.mathml import MAX_LATEX

REACH = MAX_LATEX + 100  # a longer formula would not be converted anyway

_ENVIRONMENT = re.compile(
    r"\\begin\{((?:equation|multline|gather|align|alignat|flalign|eqnarray|[pbBvV]?matrix|cases)\*?)\}"
)


def math_closer(line: str) -> str | None:
    """What ends the display formula that `line` (without indentation) opens; None when it opens none."""
    for opener, closer in (("$$", "$$"), ("\\[", "\\]")):
        if line.startswith(opener):
            if line.startswith("$$$"):
                return None
            rest = line[2:].rstrip()
            # closed in the middle of the line: that is inline text, not a display formula
            return closer if closer not in rest or ends_display(rest, closer) else None
    if found := _ENVIRONMENT.match(line):
        return f"\\end{{{found[1]}}}"
    return None


def ends_display(text: str, closer: str) -> bool:
    """Whether a display formula ends with this line (without blanks at its end; the first one without its opener)."""
    if not text.endswith(closer):
        return False
    return closer != "$$" or not text.endswith(("$$$", "\\$$"))


def add_math(md: MarkdownIt) -> None:
    """Teach the parser the tokens `math_inline` and `math_block` (content: the LaTeX)."""
    before: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("fence", "math_block", _block, before)
    md.inline.ruler.before("escape", "math_inline", _inline)


def _block(  # noqa: PLR0911 - a rule of markdown-it answers False at each miss
    state: StateBlock,
    start_line: int,
    end_line: int,
    silent: bool,  # noqa: FBT001 - markdown-it's
) -> bool:
    if state.is_code_block(start_line):
        return False
    begin = state.bMarks[start_line] + state.tShift[start_line]
    first = state.src[begin : min(state.eMarks[start_line], begin + REACH)]
    closer = math_closer(first)
    if closer is None:
        return False
    environment = closer.startswith("\\end")
    lines: list[str] = []
    size = 0
    for number in range(start_line, end_line):
        # a non-empty line that is indented less than the list item or quote it began in ends that
        if number > start_line and state.sCount[number] < state.blkIndent and not state.isEmpty(number):
            return False
        at = begin if number == start_line else min(state.bMarks[number] + state.tShift[number], state.eMarks[number])
        size += state.eMarks[number] - at + 1
        if size > REACH:
            return False
        text = state.src[at : state.eMarks[number]].rstrip()
        opening = 2 if number == start_line and not environment else 0
        lines.append(text[opening:])
        if ends_display(text[opening:], closer):
            break
    else:
        return False
    if silent:
        return True
    latex = "\n".join(lines)
    token = state.push("math_block", "math", 0)
    token.block = True
    token.content = latex if environment else latex[: -len(closer)]
    token.map = [start_line, number + 1]
    state.line = number + 1
    return True


def _inline(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's
    src, pos = state.src, state.pos
    if src.startswith(("\\(", "\\["), pos):
        opener, closer = src[pos : pos + 2], "\\)" if src[pos + 1] == "(" else "\\]"
    elif opens_formula(src, pos):
        opener = closer = "$$" if src.startswith("$$", pos) else "$"
    else:
        return False
    begin = pos + len(opener)
    end = _closing(src, begin, min(begin + REACH, state.posMax), closer)
    if end is None or not src[begin:end].strip():
        return False
    if opener[0] == "$" and not encloses_formula(src, begin, end, len(opener)):
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = src[begin:end]
        token.markup = opener
    state.pos = end + len(closer)
    return True


def _closing(src: str, begin: int, limit: int, closer: str) -> int | None:
    """Where the first unescaped `closer` stands."""
    at = begin
    while (at := src.find(closer, at, limit)) >= 0:
        backslashes = at - len(src[begin:at].rstrip("\\")) - begin
        if backslashes % 2 == 0:
            return at
        at += 1
    return None
