"""An incremental JSON parser: text in pieces of any size, operations for drawing a growing tree out.

The time is linear in the text however it is split, and no depth of nesting is too much: the stack is a list. Any
split gives the same operations, but for how texts are cut into pieces.

Words or a Markdown fence before the first `{` or `[` and after the value are noise: they are reported, not refused.
So a text is a JSON document when the parser is `complete` and reported no noise.
"""

import re
from collections.abc import Callable
from typing import Literal

from playground.schema.numbers import NUMBER, to_number
from playground.schema.partial_ops import Begin, Broken, End, Kind, Noise, Op, Text

__all__ = ["Begin", "Broken", "End", "Kind", "Noise", "Op", "PartialJson", "Text"]

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]+')
_NUMERIC = re.compile(r"[-+.0-9eE]+")
_OPENING = re.compile(r"[\[{]")
_HEX = frozenset("0123456789abcdefABCDEF")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS: dict[str, tuple[str, Kind, bool | None]] = {
    "t": ("true", "boolean", True),
    "f": ("false", "boolean", False),
    "n": ("null", "null", None),
}
_HIGH = range(0xD800, 0xDC00)
_LOW = range(0xDC00, 0xE000)
_ESCAPE_LENGTH = 5  # u and four digits


class PartialJson:
    """The parser.

    Attributes:
        began: a value has begun.
        complete: the value has ended; a number at the root only ends with `finish`.
        broken: where and why the text is not valid JSON, or None.
        noise: something else than a JSON value stood in the text.
    """

    def __init__(self) -> None:
        self.began = False
        self.complete = False
        self.broken: Broken | None = None
        self.noise = False
        self._ops: list[Op] = []
        self._stack: list[_Open] = []
        self._step: Callable[[str, int], int] = self._lead
        self._key: str | None = None
        self._parts: list[str] = []
        self._is_key = False
        self._escape = ""
        self._high = 0
        self._word = ""
        self._base = 0
        self._line = 1
        self._line_start = 0

    @property
    def depth(self) -> int:
        """How many containers are open."""
        return len(self._stack)

    def feed(self, text: str) -> tuple[Op, ...]:
        """The operations that this piece gives."""
        position = 0
        while position < len(text) and self.broken is None:
            position = self._step(text, position)
        if self.broken is None:
            self._base += len(text)
            if lines := text.count("\n"):
                self._line += lines
                self._line_start = self._base - (len(text) - text.rfind("\n") - 1)
        return self._take()

    def finish(self) -> tuple[Op, ...]:
        """The text has ended: a number at the root is complete now. What is not complete was cut off."""
        if self.broken is None and self._step == self._number and not self._stack:
            self._end_number("", 0)
        elif self.broken is None and self._step == self._lead and self._word:
            self._start_noise("", 0)
        return self._take()

    def _take(self) -> tuple[Op, ...]:
        ops, self._ops = tuple(self._ops), []
        return ops

    def _break(self, message: str, text: str, position: int) -> int:
        """Nothing more is read. `message` says what was expected."""
        line = self._line + text.count("\n", 0, position)
        newline = text.rfind("\n", 0, position)
        start = self._line_start if newline < 0 else self._base + newline + 1
        offset = self._base + position
        self.broken = Broken(message, offset, line, offset - start + 1)
        self._ops.append(self.broken)
        return position

    # Before the value

    def _lead(self, text: str, position: int) -> int:
        """Spaces, then JSON at once, or a word that may yet be `true`, or noise."""
        if self._word:
            return self._lead_word(text, position)
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        char = text[position]
        if char in _WORDS:
            return self._lead_word(text, position)
        if char in '{["-' or (char.isascii() and char.isdigit()):
            return self._begin(text, position)
        return self._start_noise(text, position)

    def _lead_word(self, text: str, position: int) -> int:
        self._word += text[position]
        word, kind, value = _WORDS[self._word[0]]
        if not word.startswith(self._word):
            self._word = self._word[:-1]
            return self._start_noise(text, position)
        if self._word == word:
            self._word = ""
            self._open(kind, self._base + position + 1 - len(word))
            self._close(kind, value, None, self._base + position + 1)
        return position + 1

    def _start_noise(self, text: str, position: int) -> int:
        self.noise = True
        if self._word:
            self._ops.append(Noise(self._word, "before"))
            self._word = ""
        self._step = self._noise_before
        return self._noise_before(text, position) if position < len(text) else position

    def _noise_before(self, text: str, position: int) -> int:
        found = _OPENING.search(text, position)
        end = found.start() if found else len(text)
        self._say_noise(text[position:end], "before")
        return self._begin(text, end) if found else end

    def _after(self, text: str, position: int) -> int:
        """Behind the value: spaces, else noise."""
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        self.noise = True
        self._step = self._noise_after
        return self._noise_after(text, position)

    def _noise_after(self, text: str, position: int) -> int:
        self._say_noise(text[position:], "after")
        return len(text)

    def _say_noise(self, text: str, where: Literal["before", "after"]) -> None:
        if text:
            self._ops.append(Noise(text, where))

    # Values

    def _value(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        return self._begin(text, position) if position < len(text) else position

    def _value_or_end(self, text: str, position: int) -> int:
        """Behind `[`: a value or `]`."""
        position = _end(_SPACE, text, position)
        if position < len(text) and text[position] == "]":
            return self._close_container(position)
        return self._begin(text, position) if position < len(text) else position

    def _begin(self, text: str, position: int) -> int:
        char = text[position]
        at = self._base + position
        if char == '"':
            self._open("string", at)
            return self._start_string(position, is_key=False)
        if char in "{[":
            return self._open_container("object" if char == "{" else "array", position)
        if char == "-" or (char.isascii() and char.isdigit()):
            self._open("number", at)
            self._parts = []
            self._step = self._number
            return position
        if char in _WORDS:
            self._open(_WORDS[char][1], at)
            self._word = ""
            self._step = self._literal
            return position
        return self._break(f"a value was expected, not {_shown(char)}", text, position)

    def _open(self, kind: Kind, at: int) -> None:
        self.began = True
        if not self._stack:
            self._ops.append(Begin(kind, None, at))
            return
        top = self._stack[-1]
        if top.keys is None:
            self._ops.append(Begin(kind, top.size, at))
        else:
            key = self._key or ""
            self._ops.append(Begin(kind, key, at, duplicate=key in top.keys))
            top.keys.add(key)
        top.size += 1

    def _open_container(self, kind: Literal["object", "array"], position: int) -> int:
        self._open(kind, self._base + position)
        self._stack.append(_Open(kind))
        self._step = self._key_or_end if kind == "object" else self._value_or_end
        return position + 1

    def _close_container(self, position: int) -> int:
        top = self._stack.pop()
        self._close(top.kind, None, top.size, self._base + position + 1)
        return position + 1

    def _close(self, kind: Kind, value: object, size: int | None, at: int) -> None:
        self._ops.append(End(kind, value, size, at))
        self.complete = not self._stack
        self._step = self._comma_or_end if self._stack else self._after

    def _literal(self, text: str, position: int) -> int:
        word, kind, value = _WORDS[self._word[:1] or text[position]]
        if text[position] != word[len(self._word)]:
            return self._break(f"{word} was expected, not {_shown(text[position])}", text, position)
        self._word += text[position]
        if self._word == word:
            self._word = ""
            self._close(kind, value, None, self._base + position + 1)
        return position + 1

    def _number(self, text: str, position: int) -> int:
        end = _end(_NUMERIC, text, position)
        if end > position:
            self._parts.append(text[position:end])
            self._ops.append(Text(text[position:end]))
        return self._end_number(text, end) if end < len(text) else end

    def _end_number(self, text: str, position: int) -> int:
        number = "".join(self._parts)
        if not NUMBER.fullmatch(number):
            return self._break(f"{_excerpt(number)} is not a number", text, position)
        try:
            value = to_number(number)
        except ValueError as error:
            return self._break(str(error), text, position)
        self._close("number", value, None, self._base + position)
        return position

    # Strings

    def _start_string(self, position: int, *, is_key: bool) -> int:
        self._is_key = is_key
        self._parts = []
        self._step = self._string
        return position + 1

    def _string(self, text: str, position: int) -> int:
        char = text[position]
        if char == "\\":
            self._step = self._escaped
            self._escape = ""
            return position + 1
        if self._high:
            self._flush_high()
        if char == '"':
            return self._end_string(position)
        end = _end(_PLAIN, text, position)
        if end == position:
            return self._break(f"a string cannot hold {_shown(char)}: write an escape", text, position)
        self._add(text[position:end])
        return end

    def _escaped(self, text: str, position: int) -> int:
        char = text[position]
        self._escape += char
        if self._escape[0] == "u":
            if len(self._escape) > 1 and char not in _HEX:
                return self._break(f"\\u needs four hexadecimal digits, not {_shown(char)}", text, position)
            if len(self._escape) == _ESCAPE_LENGTH:
                self._unit(int(self._escape[1:], 16))
                self._step = self._string
        elif char in _ESCAPES:
            self._flush_high()
            self._add(_ESCAPES[char])
            self._step = self._string
        else:
            return self._break(f"there is no escape \\{char}", text, position)
        return position + 1

    def _unit(self, unit: int) -> None:
        """A UTF-16 code unit: two of them may be one character, and a half alone stays what it is."""
        if self._high and unit in _LOW:
            char = chr(0x10000 + ((self._high - 0xD800) << 10) + (unit - 0xDC00))
            self._high = 0
            self._add(char)
            return
        self._flush_high()
        if unit in _HIGH:
            self._high = unit
        else:
            self._add(chr(unit))

    def _flush_high(self) -> None:
        if self._high:
            self._add(chr(self._high))
            self._high = 0

    def _add(self, fragment: str) -> None:
        self._parts.append(fragment)
        if not self._is_key:
            self._ops.append(Text(fragment))

    def _end_string(self, position: int) -> int:
        value = "".join(self._parts)
        self._parts = []
        if self._is_key:
            self._key = value
            self._step = self._colon
        else:
            self._close("string", value, None, self._base + position + 1)
        return position + 1

    # Between values

    def _key_or_end(self, text: str, position: int) -> int:
        """Behind `{`: a name or `}`."""
        position = _end(_SPACE, text, position)
        if position < len(text) and text[position] == "}":
            return self._close_container(position)
        return self._name(text, position)

    def _name(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        if text[position] != '"':
            return self._break(f"a name in double quotes was expected, not {_shown(text[position])}", text, position)
        return self._start_string(position, is_key=True)

    def _colon(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        if text[position] != ":":
            return self._break(f"a colon was expected, not {_shown(text[position])}", text, position)
        self._step = self._value
        return position + 1

    def _comma_or_end(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        is_object = self._stack[-1].keys is not None
        if text[position] == ",":
            self._step = self._name if is_object else self._value
            return position + 1
        closing = "}" if is_object else "]"
        if text[position] == closing:
            return self._close_container(position)
        return self._break(f"a comma or {closing} was expected, not {_shown(text[position])}", text, position)


class _Open:
    """An open container: how many members it has, and an object's names."""

    __slots__ = ("keys", "kind", "size")

    def __init__(self, kind: Literal["object", "array"]) -> None:
        self.kind = kind
        self.size = 0
        self.keys: set[str] | None = set() if kind == "object" else None


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where a match from here on ends; here, if there is none."""
    found = pattern.match(text, position)
    return found.end() if found else position


def _shown(char: str) -> str:
    return char if char.isprintable() and char != " " else f"U+{ord(char):04X}"


def _excerpt(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - enough to find it by
