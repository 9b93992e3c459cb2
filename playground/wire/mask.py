"""Secrets out of texts that came from outside, in whatever form a server may repeat them. Pure.

A server has the key that it was sent, so it can say it again: in an answer, a header, an error. Found are the key as it
is, in any case of letters; with any of its characters escaped as JSON, percent-encoding or HTML do it, also several
times over; its hexadecimal digits; and its base64, also as a part of a longer text (`user:key`). A text that holds
none of these is the same object afterwards. A server that means harm can say a key in a way of its own, backwards for
instance: against that nothing helps but not to send it the key.
"""

import base64
import html.entities
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from playground.errors import PlaygroundError

MIN_KEY_LENGTH = 8  # to hide a shorter one would blot out ordinary words: it is not masked
HELD_FROM = 4  # a text that ends in so many characters of a key is held back until more of it has come
MOST_ESCAPES = 50_000  # of ASCII characters in one text, with a key to look for; no honest text has as many
MOST_SIGNS = 300_000  # that may begin one: to look at so many takes 0.1 s
MOST_FOUND = 10_000
WITHHELD = "[not shown: too much of it is escaped to search it for keys]"

_E = TypeVar("_E", bound=PlaygroundError)

_NAMES = {name.rstrip(";"): char for name, char in html.entities.html5.items() if "!" <= char <= "~" and len(char) == 1}
# One printable ASCII character, escaped: \u0073, \x73, \/, %73, &#115;, &#x73;, &sol; with the escape's own beginning
# escaped again, as where JSON stands in JSON.
_ESCAPE = re.compile(
    r"\\(?<!\\\\)\\{0,15}+(?:[uU]00(?P<u>[2-7][0-9a-fA-F])|[xX](?P<x>[2-7][0-9a-fA-F])|(?P<plain>[!-$'-/:-@\[\]-`{-~]))"
    r"|%(?:25){0,4}(?P<percent>[2-7][0-9a-fA-F])"
    r"|&(?:amp;){0,4}(?:\#0{0,6}(?P<decimal>[1-9][0-9]{1,2});?|\#[xX]0{0,6}(?P<hex>[2-7][0-9a-fA-F]);?"
    r"|(?P<name>[A-Za-z]{2,16});)"
)
_PARTIAL = re.compile(r"(?:\\{1,16}(?:[uU]0{0,2}[2-7]?|[xX][2-7]?)?|%(?:25){0,4}[2-7]?|&[#a-zA-Z0-9;]{0,40})\Z")
_LONGEST_ESCAPE = 48
_ESCAPED = 24  # as much room as a character takes, escaped in any likely way
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")


class Span(NamedTuple):
    """Where a secret stands in a text, and what is shown in its place."""

    start: int
    end: int
    shown: str


class Beginning(NamedTuple):
    """The end of a text that may be the beginning of a secret.

    Attributes:
        start: where it begins.
        matched: how many characters of the secret it is.
        length: how many the secret has.
        shown: what is shown in its place.
    """

    start: int
    matched: int
    length: int
    shown: str


@dataclass(frozen=True, slots=True, repr=False)
class _Needle:
    """A form of a secret: `text` is without escapes. `folded`: it is in small letters, and case does not count."""

    text: str
    shown: str
    folded: bool = True
    is_base64: bool = False


class Mask:
    """Looks for secrets and puts names in their places.

    Args:
        secrets: secret to what is shown in its place; those of fewer than `MIN_KEY_LENGTH` characters are not looked
            for.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        known = {secret: shown for secret, shown in secrets.items() if len(secret) >= MIN_KEY_LENGTH}
        self._needles = tuple(needle for secret, shown in known.items() for needle in _needles(secret, shown))
        self._is_odd = any("\\" in secret for secret in known)  # JSON writes it in a way that is not looked for
        self._shortest = min((len(needle.text) for needle in self._needles), default=0)
        self._longest = max((len(needle.text) for needle in self._needles), default=0)
        self._firsts: dict[str, list[_Needle]] = {}
        for needle in self._needles:
            for first in {needle.text[0], needle.text[0].upper()} if needle.folded else needle.text[0]:
                self._firsts.setdefault(first, []).append(needle)
        self._first = re.compile(f"[{re.escape(''.join(self._firsts))}]") if self._firsts else re.compile("(?!)")
        self._sign = re.compile(rf"[\\%&{re.escape(''.join(self._firsts))}]")
        self._reach = _ESCAPED * self._longest

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._needles)

    def text(self, text: str) -> str:
        """The text without secrets; the same object where there is none in it."""
        spans = self.find(text)
        return splice(text, spans) if spans else text

    def cut(self, text: str) -> str:
        """The same for a text that was cut off, maybe in a secret."""
        text = self.text(text)
        if (beginning := self.beginning(text)) and beginning.matched >= HELD_FROM:
            return text[: beginning.start] + beginning.shown
        return text

    def bytes(self, data: bytes, *, is_cut: bool = False) -> bytes:
        """`text` or `cut` for bytes, UTF-8 or not."""
        text = data.decode("utf-8", "surrogateescape")
        masked = self.cut(text) if is_cut else self.text(text)
        return data if masked is text else masked.encode("utf-8", "surrogateescape")

    def value(self, value: Any) -> Any:
        """A JSON value with all its texts masked, the names of its fields too.

        Raises:
            RecursionError: it is nested more deeply than Python's stack.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.bytes(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self.value, value)) if type(value) in {list, tuple} else value
        return value

    def is_clear(self, text: str) -> bool:
        """Whether no secret stands or may begin in it, told by its characters alone; False says nothing."""
        return self._sign.search(text) is None

    def may_stand_in(self, json_text: str) -> bool:
        """Whether the value of this JSON may hold a secret: to ask is quicker than `value`."""
        return self._is_odd or bool(self.find(json_text))

    def excerpt(self, text: str) -> str:
        """A piece that was cut out of a longer text: parts of secrets are masked as well, from 8 characters on."""
        text = self.cut(text)
        for needle in self._needles:
            parts = {needle.text[at : at + MIN_KEY_LENGTH] for at in range(len(needle.text) - MIN_KEY_LENGTH + 1)}
            plain = _Plain(text)
            hay = plain.low if needle.folded else plain.text
            hits = [at for at in range(len(hay) - MIN_KEY_LENGTH + 1) if hay[at : at + MIN_KEY_LENGTH] in parts]
            spans = [Span(plain.start(at), plain.end(at + MIN_KEY_LENGTH), needle.shown) for at in hits]
            text = splice(text, _merged(spans))
        return text

    def error(self, error: _E) -> _E:
        """The same error with its fields masked; what caused it is forgotten where that holds a secret."""
        if not self:
            return error
        for name, value in vars(error).items():
            setattr(error, name, self.excerpt(value) if name == "excerpt" else self.value(value))
        error.args = self.value(error.args)
        cause = error.__cause__ or error.__context__
        while cause is not None:
            if self.find(f"{cause!s} {cause!r}"):
                error.__cause__, error.__suppress_context__ = None, True
                break
            cause = cause.__cause__ or cause.__context__
        return error

    def find(self, text: str) -> list[Span]:
        """Where secrets stand, in order, none in another."""
        if len(text) < self._shortest or not self._needles:
            return []
        plain = _Plain(text)
        if plain.is_excessive:
            return [Span(0, len(text), WITHHELD)]
        found: list[Span] = []
        for needle in self._needles:
            hay = plain.low if needle.folded else plain.text
            at = hay.find(needle.text)
            while at >= 0:
                end = at + len(needle.text)
                found.append(
                    _wider(text, plain, at, end, needle) if needle.is_base64 else _span(plain, at, end, needle)
                )
                if len(found) > MOST_FOUND:
                    return [Span(0, len(text), WITHHELD)]
                at = hay.find(needle.text, end)
        return _merged(found) if found else found

    def beginning(self, text: str) -> Beginning | None:
        """The longest end of the text that may be the beginning of a secret; None where there is none."""
        skipped = max(0, len(text) - self._reach)
        text = text[skipped:]
        end = text[-_LONGEST_ESCAPE:]
        cut = _PARTIAL.search(text, len(text) - len(end)) if "\\" in end or "%" in end or "&" in end else None
        if cut:
            text = text[: cut.start()]
        elif not self._first.search(text):
            return None
        plain = _Plain(text)
        more = 1 if cut else 0  # a character whose escape has begun
        for match in self._first.finditer(plain.text, max(0, len(plain.text) - self._longest + 1)):
            at = match.start()
            for needle in self._firsts[match[0]]:
                end = (plain.low if needle.folded else plain.text)[at:]
                if len(end) < len(needle.text) and needle.text.startswith(end):
                    return Beginning(skipped + plain.start(at), len(end) + more, len(needle.text), needle.shown)
        if cut and self._needles:
            return Beginning(skipped + cut.start(), more, self._longest, "")
        return None


class _Plain:
    """A text without its escapes, and where each of its characters came from."""

    __slots__ = ("_ends", "_starts", "_tokens", "is_excessive", "low", "text")

    def __init__(self, text: str) -> None:
        self._tokens: list[int] = []  # the places of escaped characters in `text`
        self._starts: list[int] = []  # where their escapes begin and end in the whole
        self._ends: list[int] = []
        self.is_excessive = False
        self.text = self._unescaped(text) if "\\" in text or "%" in text or "&" in text else text
        low = self.text.lower()
        self.low = low if len(low) == len(self.text) else self.text.translate(_LOWER)

    def _unescaped(self, text: str) -> str:
        if len(text) > MOST_SIGNS and text.count("\\") + text.count("%") + text.count("&") > MOST_SIGNS:
            self.is_excessive = True
            return text
        pieces: list[str] = []
        at = length = 0
        for match in _ESCAPE.finditer(text):
            if (char := _char(match)) is None:
                continue
            pieces += (text[at : match.start()], char)
            length += match.start() - at
            self._tokens.append(length)
            self._starts.append(match.start())
            self._ends.append(at := match.end())
            length += 1
            if len(self._tokens) > MOST_ESCAPES:
                self.is_excessive = True
                break
        return "".join((*pieces, text[at:]))

    def start(self, at: int) -> int:
        """Where the character at this place begins in the whole text."""
        if not self._tokens or (n := bisect_right(self._tokens, at) - 1) < 0:
            return at
        return self._starts[n] if self._tokens[n] == at else self._ends[n] + at - self._tokens[n] - 1

    def end(self, at: int) -> int:
        """Where the character before this place ends in the whole text."""
        last = at - 1
        if not self._tokens or (n := bisect_right(self._tokens, last) - 1) < 0:
            return at
        return self._ends[n] + last - self._tokens[n]


def splice(text: str, spans: list[Span]) -> str:
    """The text with what is shown in the place of each span; they are in order, none in another."""
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], span.shown]
        at = span.end
    return "".join((*pieces, text[at:]))


def _char(match: re.Match[str]) -> str | None:
    """The character that an escape stands for; None where that is none of ASCII."""
    kind, said = match.lastgroup or "", match[match.lastgroup or 0]
    if kind == "plain":
        return said
    if kind == "name":
        return _NAMES.get(said)
    code = int(said, 10 if kind == "decimal" else 16)
    return chr(code) if ord("!") <= code <= ord("~") else None


def _needles(secret: str, shown: str) -> Iterator[_Needle]:
    """The forms of a secret, each once."""
    yield _Needle(_Plain(secret).low, shown)
    data = secret.encode("utf-8", "surrogatepass")
    yield _Needle(data.hex(), shown)
    for before in range(3):  # how many bytes stand before it in a group of three
        coded = base64.b64encode(bytes(before) + data).decode()
        # Only characters all of whose bits are the secret's own; what stands beside them is masked with them.
        core = coded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        yield _Needle(core, shown, folded=False, is_base64=True)
        if core != (url_safe := core.translate(str.maketrans("+/", "-_"))):
            yield _Needle(url_safe, shown, folded=False, is_base64=True)


def _span(plain: _Plain, at: int, end: int, needle: _Needle) -> Span:
    return Span(plain.start(at), plain.end(end), needle.shown)


def _wider(text: str, plain: _Plain, at: int, end: int, needle: _Needle) -> Span:
    """Base64 with the characters beside it that hold some bits of the secret, and the padding."""
    start, stop, _ = _span(plain, at, end, needle)
    left = next((n for n in range(3) if start - n <= 0 or text[start - n - 1] not in _BASE64), 3)
    right = next((n for n in range(3) if stop + n >= len(text) or text[stop + n] not in _BASE64), 3)
    stop += right
    while stop < len(text) and text[stop] == "=":
        stop += 1
    return Span(start - left, stop, needle.shown)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


# Names of query fields whose values are keys, whole or as one of their words: api-key, access_token, sig.
_SECRET_FIELD = re.compile(r"(?i)(?:^|[-_.])(?:api-?key|key|token|secret|password|passwd|pwd|sig|signature|auth)$")


def secrets_of_url(url: str) -> Iterator[str]:
    """The password in a URL, and the values of fields in its query whose names say that they are keys."""
    try:
        parts = urlsplit(url)
        fields = parse_qsl(parts.query, errors="surrogateescape")
        password = unquote(parts.password or "")
    except ValueError:  # no URL, or a query of too many fields
        return
    yield from filter(None, (password, *(value for name, value in fields if _SECRET_FIELD.search(name))))
