"""JSON text to a value, with the line and column of what is wrong.

Stricter than Python's own reader: no NaN or Infinity (RFC 8259, 6). It has limits, as RFC 8259, 9 allows: nesting,
because a validator that follows a schema into the depths would overflow its stack, and digits, because turning
them into a number costs time that grows with its square.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from playground.schema.numbers import to_number
from playground.schema.partial import Begin, End, Op, PartialJson
from playground.schema.pointer import Token, from_pointer, to_pointer
from playground.wire.json_text import no_constant

MAX_DEPTH = 250  # the validator takes a schema of 255
MAX_DUPLICATES = 100  # that are told one by one
MAX_EXPLAINED = 2**17  # characters that our own parser reads once more to say what is wrong
PIECE = 2**16  # characters that the parser is given at a time: each operation takes more memory than its text
_EXTREME = re.compile(r"[0-9]{300}|[eE]\+?[0-9]{3}")  # what a float or an integer of Python's may not hold
_EXPECTED = {  # how Python's reader begins, and what we say
    "Expecting value": "a value was expected",
    "Expecting property name": "a name in double quotes was expected",
    "Expecting ':'": "a colon was expected",
    "Expecting ','": "a comma or the end was expected",
    "Illegal trailing comma": "a value was expected after the comma",
    "Invalid control character": "a string cannot hold a control character: write an escape",
    "Invalid \\u": "\\u needs four hexadecimal digits",
    "Invalid \\": "there is no such escape",
}
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a text.

    Attributes:
        message: what; no place in it.
        line, column: where, counting characters from 1; None where only the pointer is known.
        pointer: the JSON Pointer of the value, or "" for the whole text.
    """

    message: str
    line: int | None = None
    column: int | None = None
    pointer: str = ""

    def __str__(self) -> str:
        """`line 3, column 7, /items: …`, with the parts that are known."""
        place = [f"line {self.line}, column {self.column}"] if self.line is not None else []
        place += [self.pointer] if self.pointer else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Document:
    """A text as a value.

    Attributes:
        value: the value; None if there is a problem, and for `null`.
        problem: why the text is not valid JSON, or None.
        offset: where the problem is, counting characters from 0.
        is_cut: the text is fine as far as it goes, but ends too early.
        has_duplicates: an object has a name twice; the last one counts.
    """

    value: Any = None
    problem: Problem | None = None
    offset: int = 0
    is_cut: bool = False
    has_duplicates: bool = False


def read_document(text: str) -> Document:
    """The whole text as one JSON value; spaces around it are fine."""
    duplicates = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicates
        found = dict(pairs)
        duplicates = duplicates or len(found) < len(pairs)
        return found

    if (deep := _too_deep(text)) is not None:
        message = f"nested deeper than {MAX_DEPTH} levels, which is more than can be checked"
        return Document(problem=_problem(message, text, deep), offset=deep)
    number = to_number if _EXTREME.search(text) else None  # a call for each number takes ten times as long
    try:
        value = json.loads(
            text, parse_int=number, parse_float=number, parse_constant=no_constant, object_pairs_hook=members
        )
    except json.JSONDecodeError as error:
        return _explain(text) if len(text) <= MAX_EXPLAINED else _told(text, error)
    except ValueError:  # a number, or a word such as NaN
        return _explain(text)
    return Document(value, has_duplicates=duplicates)


def find_duplicates(text: str) -> tuple[Problem, ...]:
    """Every name that stands in its object a second time, at its value; of very many the first, and their number."""
    found: list[Problem] = []
    count = 0
    lines = _Lines(text)
    for begin, path in _values(text):
        if not begin.duplicate:
            continue
        count += 1
        if count <= MAX_DUPLICATES:
            name = json.dumps(path[-1], ensure_ascii=False)
            line, column = lines.at(begin.offset)
            found.append(Problem(f"{name} appears twice: the last one counts", line, column, to_pointer(path)))
    if count > MAX_DUPLICATES:
        found.append(Problem(f"and {count - MAX_DUPLICATES:,} more names appear twice"))
    return tuple(found)


def locate(text: str, pointers: Collection[str]) -> dict[str, tuple[int, int]]:
    """Line and column of the value at each pointer; of the last one, where a name stands twice.

    One step for each value of the text, however deep it stands: what is looked for is a tree that is gone down beside.
    """
    wanted = _Wanted()
    for pointer in pointers:
        wanted.add(pointer)
    found: dict[str, int] = {}
    open_nodes: list[_Wanted | None] = []
    for op in _operations(text):
        if isinstance(op, Begin):
            around = open_nodes[-1] if open_nodes else wanted
            node = around if op.key is None or around is None else around.below.get(str(op.key))
            if node is not None and node.pointer is not None:
                found[node.pointer] = op.offset
            open_nodes.append(node)
        elif isinstance(op, End):
            open_nodes.pop()
    lines = _Lines(text)
    ordered = sorted(found.items(), key=lambda item: item[1])
    return {pointer: lines.at(offset) for pointer, offset in ordered}


class _Wanted:
    """A place in a tree of pointers: what is looked for there, and below it."""

    __slots__ = ("below", "pointer")

    def __init__(self) -> None:
        self.pointer: str | None = None
        self.below: dict[str, _Wanted] = {}

    def add(self, pointer: str) -> None:
        node = self
        for token in from_pointer(pointer):
            node = node.below.setdefault(token, _Wanted())
        node.pointer = pointer


class _Lines:
    """Lines and columns of offsets that only grow: the text is gone through once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0
        self._line = 1

    def at(self, offset: int) -> tuple[int, int]:
        """Both count from 1."""
        self._line += self._text.count("\n", self._offset, offset)
        self._offset = offset
        return self._line, offset - self._text.rfind("\n", 0, offset)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both count from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + PIECE] for start in range(0, len(text), PIECE))


def _operations(text: str) -> Iterator[Op]:
    """The parser's operations for a whole text; an end that it lacks is not made up."""
    parser = PartialJson()
    for piece in _pieces(text):
        yield from parser.feed(piece)
        if parser.broken is not None:
            return
    yield from parser.finish()


def _values(text: str) -> Iterator[tuple[Begin, list[Token]]]:
    """Each value's beginning with the path to it, which changes as soon as the next one is asked for."""
    path: list[Token] = []
    for op in _operations(text):
        if isinstance(op, Begin):
            path += [] if op.key is None else [op.key]
            yield op, path
        elif isinstance(op, End) and path:
            path.pop()


def _too_deep(text: str) -> int | None:
    """Where the nesting passes the limit."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return None
    depth = 0
    for found in _STRINGS_AND_BRACKETS.finditer(text):
        char = found[0][0]
        if char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return found.start()
        elif char in "]}":
            depth -= 1
    return None


def _explain(text: str) -> Document:
    """Why it is not valid JSON: our own parser says it in plain words, and tells a cut text from a wrong one."""
    parser = PartialJson()
    first: Op | None = None
    for piece in (*_pieces(text), None):
        ops = parser.finish() if piece is None else parser.feed(piece)
        first = first or next((op for op in ops if not isinstance(op, End)), None)
        if parser.broken is not None:
            break
    if parser.noise and not (isinstance(first, Begin)):
        offset = len(text) - len(text.lstrip(" \t\r\n"))
        return Document(problem=_problem("a JSON value was expected, not words", text, offset), offset=offset)
    if (broken := parser.broken) is not None:
        problem = Problem(broken.message, broken.line, broken.column)
        return Document(problem=problem, offset=broken.offset)
    if parser.complete:
        offset = json_end(text)
        return Document(problem=_problem("there is more text after the JSON value", text, offset), offset=offset)
    message = "the text is empty" if not parser.began else "the text ends before the JSON value does"
    return Document(problem=_problem(message, text, len(text)), offset=len(text), is_cut=True)


def _told(text: str, error: json.JSONDecodeError) -> Document:
    """The same in fewer words, from what Python's own reader says: ours would take seconds for a long text."""
    offset = error.pos
    if error.msg == "Extra data":
        return Document(problem=_problem("there is more text after the JSON value", text, offset), offset=offset)
    if offset >= len(text.rstrip(" \t\r\n")) or error.msg.startswith("Unterminated string"):
        message = "the text ends before the JSON value does"
        return Document(problem=_problem(message, text, len(text)), offset=len(text), is_cut=True)
    if error.msg == "Expecting value" and not text[:offset].strip(" \t\r\n"):
        return Document(problem=_problem("a JSON value was expected, not words", text, offset), offset=offset)
    expected = next((words for start, words in _EXPECTED.items() if error.msg.startswith(start)), error.msg)
    if expected.endswith("expected"):
        expected += f", not {json.dumps(text[offset], ensure_ascii=False)}"
    return Document(problem=_problem(expected, text, offset), offset=offset)


def json_end(text: str) -> int:
    """Where what stands behind the first value begins."""
    end = 0
    for op in _operations(text):
        end = op.offset if isinstance(op, End) else end
    return end + len(text[end:]) - len(text[end:].lstrip(" \t\r\n"))


def _problem(message: str, text: str, offset: int, path: tuple[Token, ...] = ()) -> Problem:
    line, column = line_and_column(text, offset)
    return Problem(message, line, column, to_pointer(path))
