"""Markdown while it streams, at linear cost: each finished block is rendered once, the open one is raw text.

Where a block ends is decided on whole lines only, so the result does not depend on how the text was cut.
Blocks are rendered one by one: a link whose definition stands in another block stays text, as do a few
other things that only the whole text could tell. Render the whole text once at the end where that matters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from playground.markup.markdown import render_markdown
from playground.markup.math_rules import REACH, ends_display, math_closer

_FENCE = re.compile(r" {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$", re.DOTALL)
_ITEM = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_INDENT_OF_CODE = 4
_INDENT_OF_ITEM = 2


class Closed(NamedTuple):
    """A block is finished: show `html`; the open block's text is now `tail`."""

    html: str
    tail: str


class Open(NamedTuple):
    """Append `text` to the open block."""

    text: str


Patch = Closed | Open


@dataclass(slots=True)
class _Inside:
    """A fence or a formula that a blank line does not end."""

    closer: str  # "```", "~~~~" or what ends the formula
    indent: int
    fence: bool
    size: int = 0

    def ends(self, line: str) -> bool:
        """Whether this line is the last one."""
        text = line.strip()
        if not self.fence:
            return ends_display(text, self.closer)
        mark = self.closer[0]
        return len(text) >= len(self.closer) and not text.strip(mark) and _indent(line) < _INDENT_OF_CODE


class BlockStream:
    """Cuts growing Markdown into blocks.

    The patches of a feed are either one `Open` or one or more `Closed`, of which only the last has a tail.
    """

    def __init__(self, render: Callable[[str], str] = render_markdown) -> None:
        self._render = render
        self._block: list[str] = []  # whole lines of the open block
        self._partial: list[str] = []  # the pieces of the line that has no end yet
        self._inside: _Inside | None = None
        self._list = False
        self._waits = False  # a list or indented code met a blank line: the next line decides
        self._done: list[str] = []  # what this feed finished

    def feed(self, text: str) -> list[Patch]:
        """Take more text; returns what changes in the pane."""
        if not text:
            return []
        *ended, rest = text.split("\n")
        for piece in ended:
            self._partial.append(piece + "\n")
            line = "".join(self._partial)
            self._partial.clear()
            self._line(line)
        if rest:
            self._partial.append(rest)
        return self._patches() or [Open(text)]

    @property
    def tail(self) -> str:
        """The text of the open block."""
        return "".join(self._block) + "".join(self._partial)

    def finish(self) -> list[Patch]:
        """The text has ended: finish what is open."""
        if self._partial:
            line = "".join(self._partial)
            self._partial.clear()
            self._line(line)
        self._close()
        return self._patches()

    def _patches(self) -> list[Patch]:
        if not self._done:
            return []
        patches: list[Patch] = [Closed(html, "") for html in self._done[:-1]]
        patches.append(Closed(self._done[-1], self.tail))
        self._done = []
        return patches

    def _close(self) -> None:
        if self._block:
            self._done.append(self._render("".join(self._block)))
        self._block = []
        self._inside, self._list, self._waits = None, False, False

    def _line(self, line: str) -> None:
        """One whole line: does the block end before it, after it, or not yet?"""
        blank, indent = not line.strip(), _indent(line)
        if self._inside and self._left(line, blank=blank, indent=indent):
            self._inside = None
        if self._inside:
            self._block.append(line)
            if self._inside.ends(line):
                whole = self._inside.fence and not self._list
                self._inside = None
                if whole:
                    self._close()
            return
        if blank:
            self._blank(line)
            return
        if self._waits and not self._continues(line, indent):
            self._close()
        self._waits = False
        self._block.append(line)
        self._open(line, indent)

    def _blank(self, line: str) -> None:
        self._block.append(line)
        if self._list or _indent(self._block[0]) >= _INDENT_OF_CODE:
            self._waits = True
        else:
            self._close()

    def _continues(self, line: str, indent: int) -> bool:
        """Whether the line after a blank one still belongs to the list or the indented code."""
        if self._list:
            return indent >= _INDENT_OF_ITEM or _ITEM.match(line) is not None
        return indent >= _INDENT_OF_CODE

    def _left(self, line: str, *, blank: bool, indent: int) -> bool:
        """Whether the fence or formula ended without its mark: with its list item, or by its length."""
        inside = self._inside
        if inside is None:
            return False
        inside.size += len(line)
        if not inside.fence and inside.size > REACH:
            return True
        return self._list and inside.indent >= _INDENT_OF_ITEM and not blank and indent < _INDENT_OF_ITEM

    def _open(self, line: str, indent: int) -> None:
        """Note what this line begins."""
        if indent >= _INDENT_OF_CODE:
            return
        if fence := _FENCE.match(line):
            self._inside = _Inside(fence[1] or fence[2], indent, fence=True)
        elif _ITEM.match(line):
            self._list = True
        elif (closer := math_closer(line.strip())) and not ends_display(line.strip()[2:], closer):
            self._inside = _Inside(closer, indent, fence=False, size=len(line))


def _indent(line: str) -> int:
    """The width of the white space at the start of a line; a tab reaches to the next multiple of four."""
    width = 0
    for char in line:
        if char == " ":
            width += 1
        elif char == "\t":
            width += 4 - width % 4
        else:
            break
        if width >= _INDENT_OF_CODE:
            break
    return width
