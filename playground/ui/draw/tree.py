"""A JSON answer as a tree, whole or broken off; the same markup as `static/tree.js` makes while it streams."""

from collections.abc import Collection
from html import escape

from playground.schema.partial import PartialJson
from playground.schema.partial_ops import Begin, Broken, End, Noise, Text
from playground.schema.pointer import Token, to_pointer

MAX_NODES = 3000
CONTAINERS = {"object", "array"}
BRACKETS = {"object": "{}", "array": "[]"}


class _Drawing:
    """Takes the parser's operations, builds the markup."""

    def __init__(self, marked: Collection[str]) -> None:
        self._marked = marked
        self._path: list[Token] = []
        self._kinds: list[str] = []
        self._values: list[str] = []
        self.parts: list[str] = []
        self.nodes = 0

    def begin(self, op: Begin) -> None:
        self.nodes += 1
        if op.key is not None:
            self._path.append(op.key)
        self._kinds.append(op.kind)
        self._values.append("")
        mark = " bad" if to_pointer(tuple(self._path)) in self._marked else ""
        key = "" if op.key is None else f'<span class="k">{escape(str(op.key))}</span>: '
        if op.kind in CONTAINERS:
            opening = f"<details open><summary>{key}{BRACKETS[op.kind][0]}</summary><ul>"
            self.parts.append(f'<li class="node{mark}">{opening}')
        else:
            self.parts.append(f'<li class="node{mark}">{key}<span class="{op.kind}">')

    def text(self, fragment: str) -> None:
        self.parts.append(escape(fragment))

    def end(self, op: End) -> None:
        kind = self._kinds.pop()
        if kind in CONTAINERS:
            self.parts.append(f"</ul></details>{BRACKETS[kind][1]}</li>")
        else:
            word = {True: "true", False: "false", None: "null"}.get(op.value, "") if kind in {"boolean", "null"} else ""
            self.parts.append(f"{word}</span></li>")
        if self._kinds:
            self._path.pop()

    def close(self) -> None:
        """What is still open was cut off."""
        while self._kinds:
            kind = self._kinds.pop()
            self.parts.append('<li class="cut">…</li></ul></details></li>' if kind in CONTAINERS else "…</span></li>")


def draw_tree(text: str, marked: Collection[str] = ()) -> str:
    """The tree of an answer's text.

    Args:
        text: the answer; words around the JSON are shown as such, and so is where it breaks off.
        marked: the JSON Pointers of values that break a rule.
    """
    parser, drawing = PartialJson(), _Drawing(marked)
    for op in (*parser.feed(text), *parser.finish()):
        match op:
            case Begin():
                if drawing.nodes >= MAX_NODES:
                    drawing.close()
                    drawing.parts.append(f'<li class="cut">more than {MAX_NODES:,} values: see the text</li>')
                    break
                drawing.begin(op)
            case Text(fragment):
                drawing.text(fragment)
            case End():
                drawing.end(op)
            case Noise(words):
                drawing.parts.append(f'<li class="noise">{escape(words)}</li>')
            case Broken(message):
                drawing.close()
                drawing.parts.append(f'<li class="noise bad">{escape(message)}: {escape(text[op.offset :][:200])}</li>')
    drawing.close()
    return f'<ul class="tree" aria-label="The answer as a tree">{"".join(drawing.parts)}</ul>'
