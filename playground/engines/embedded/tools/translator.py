"""The generated JSON, cut anywhere, to the parts of a call or of a reply."""

import json
from dataclasses import dataclass

_SPACE = " \t\r\n"
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE_ESCAPE = len(r"\u0000")


@dataclass(frozen=True, slots=True)
class Call:
    """The model began to call this function."""

    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The next part of the call's arguments, as JSON text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The next part of a reply in words."""

    text: str


Part = Call | Arguments | Reply


class Translator:
    """Turns the generated JSON, in pieces cut anywhere, into the parts of a call or of a reply.

    Attributes:
        called: whether a function was named.
    """

    def __init__(self, *, raw_reply: bool = False) -> None:
        """Begins.

        Args:
            raw_reply: the reply is JSON, and is given as it is; else it is a string, and is given unescaped.
        """
        self.called = False
        self._raw_reply = raw_reply
        self._where = "between"  # between, key, colon, value, end
        self._key = ""
        self._value = ""
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._unescaper = _Unescaper()

    def feed(self, text: str) -> list[Part]:
        """The parts that this piece completes; neighbours of one kind are joined."""
        parts: list[Part] = []
        for character in text:
            part = self._step(character)
            last = parts[-1] if parts else None
            if isinstance(part, Arguments) and isinstance(last, Arguments):
                parts[-1] = Arguments(last.text + part.text)
            elif isinstance(part, Reply) and isinstance(last, Reply):
                parts[-1] = Reply(last.text + part.text)
            elif part is not None:
                parts.append(part)
        return parts

    def _step(self, character: str) -> Part | None:
        if self._where == "value":
            return self._in_value(character)
        if self._where == "key":
            self._key += character
            if self._ends_string(character):
                self._key = str(json.loads(self._key))
                self._where = "colon"
        elif self._where == "colon":
            if character not in _SPACE + ":":
                self._where, self._value = "value", ""
                return self._in_value(character)
        elif self._where == "between" and character == '"':
            self._where, self._key, self._in_string = "key", character, True
        elif self._where == "between" and character == "}":
            self._where = "end"
        return None

    def _in_value(self, character: str) -> Part | None:
        """One character of a value, or the one after it."""
        if self._in_string:
            ended = self._ends_string(character) and self._depth == 0
        elif character == '"':
            self._in_string, ended = True, False
        elif character in "{[":
            self._depth += 1
            ended = False
        elif character in "}]" and self._depth:
            self._depth -= 1
            ended = self._depth == 0
        elif self._depth == 0 and character in ",}" + _SPACE:
            self._where = "end" if character == "}" else "between"
            return None
        else:
            ended = False
        if ended:
            self._where = "between"
        return self._part(character, ended=ended)

    def _part(self, character: str, *, ended: bool) -> Part | None:
        if self._key == "arguments":
            return Arguments(character)
        if self._key == "reply":
            text = character if self._raw_reply else self._unescaper.step(character)
            return Reply(text) if text else None
        self._value += character
        if self._key == "name" and ended:
            self.called = True
            return Call(str(json.loads(self._value)))
        return None

    def _ends_string(self, character: str) -> bool:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._in_string = False
            return True
        return False


class _Unescaper:
    """A JSON string's text, character by character; the quotes around it give nothing."""

    def __init__(self) -> None:
        self._pending = ""
        self._high = ""

    def step(self, character: str) -> str:
        """The text that this character completes, or ""."""
        if not self._pending:
            if character == "\\":
                self._pending = character
                return ""
            return self._lone() + ("" if character == '"' else character)
        self._pending += character
        if not self._pending.startswith("\\u"):
            self._pending = ""
            return self._lone() + _ESCAPES.get(character, character)
        if len(self._pending) < _UNICODE_ESCAPE:
            return ""
        digits = self._pending.removeprefix("\\u")
        self._pending = ""
        return self._unit(chr(int(digits, base=16)))

    def _unit(self, unit: str) -> str:
        """The text that a UTF-16 unit completes: half of a pair waits for the other."""
        if self._high and "\udc00" <= unit <= "\udfff":
            pair, self._high = self._high + unit, ""
            return pair.encode("utf-16", "surrogatepass").decode("utf-16")
        lone = self._lone()
        if "\ud800" <= unit <= "\udbff":
            self._high = unit
            return lone
        return lone + ("\ufffd" if "\udc00" <= unit <= "\udfff" else unit)

    def _lone(self) -> str:
        """What stands for a high surrogate without its low one."""
        lone, self._high = ("\ufffd" if self._high else ""), ""
        return lone
