"""Markdown while it streams, at linear cost: a block is rendered once, when it is finished.

A block ends at a blank line outside a code fence and outside display maths. The open block is shown as plain
text until then. A list with blank lines inside is thus drawn in pieces while it streams; the whole answer is
rendered anew once it is complete.
"""

import re
from dataclasses import dataclass

from playground.markup.markdown import render_markdown

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Opened:
    """Text to append to the open block."""

    text: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A finished block's HTML; `tail` is the open block's text from now on."""

    html: str
    tail: str


Patch = Opened | Closed


class BlockStream:
    """Takes text as it comes and says how the page changes."""

    def __init__(self) -> None:
        self._lines: list[str] = []  # complete lines of the open block
        self._line = ""  # the line that is still growing
        self._fence = ""
        self._maths = False

    def feed(self, text: str) -> list[Patch]:
        """The changes that `text` brings: at most one `Closed`, with everything it closes."""
        *complete, rest = (self._line + text).split("\n")
        done: list[str] = []
        for line in complete:
            self._lines.append(line)
            if self._ends_block(line):
                done += self._lines
                self._lines = []
        self._line = rest
        if not done:
            return [Opened(text)] if text else []
        tail = "\n".join([*self._lines, self._line])
        source = "\n".join(done)
        return [Closed(render_markdown(source) if source.strip() else "", tail)]

    def _ends_block(self, line: str) -> bool:
        if self._fence:
            mark = line.strip()
            if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
                self._fence = ""
            return False
        if match := FENCE.match(line):
            self._fence = match[1]
            return False
        if line.count("$$") % 2 or (not self._maths and line.strip() == r"\["):
            self._maths = not self._maths
            return False
        if self._maths and line.strip() == r"\]":
            self._maths = False
            return False
        return not line.strip() and not self._maths
