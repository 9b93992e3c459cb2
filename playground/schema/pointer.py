"""JSON Pointer (RFC 6901)."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

Token = str | int
_INDEX = re.compile("0|[1-9][0-9]*")


def to_pointer(tokens: Iterable[Token]) -> str:
    """`("items", 2, "a/b")` as `/items/2/a~1b`; no tokens are the whole document: the empty text."""
    return "".join(f"/{escape(token)}" for token in tokens)


def escape(token: Token) -> str:
    """One reference token, with `~` as `~0` and `/` as `~1`."""
    return str(token).replace("~", "~0").replace("/", "~1")


def from_pointer(pointer: str) -> tuple[str, ...]:
    """The reference tokens; an index stays text.

    Raises:
        ValueError: it neither is empty nor begins with a slash.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is not a JSON Pointer: it must begin with /.")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def resolve(document: Any, pointer: str) -> Any:
    """What stands there.

    Raises:
        LookupError: nothing does.
    """
    found = document
    for token in from_pointer(pointer):
        found = _step(found, token)
    return found


def from_fragment(reference: str) -> str:
    """The pointer in a `#/…` reference, which is percent-encoded (RFC 6901, 6)."""
    return unquote(reference.removeprefix("#"))


def _step(value: Any, token: str) -> Any:
    if isinstance(value, dict):
        return value[token]
    if isinstance(value, list) and _INDEX.fullmatch(token):
        return value[int(token)]
    raise KeyError(token)
