"""Text for a terminal: what comes from a server must not steer it."""

import re
import sys
from typing import TextIO

from playground.errors import PlaygroundError

DIM, PLAIN = "\x1b[2m", "\x1b[0m"
MIN_KEY_LENGTH = 8  # to hide a shorter one would blot out ordinary words
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def write(text: str, stream: TextIO, *, dim: bool = False) -> None:
    """Write at once; to a terminal without control sequences of the text's own, elsewhere exactly."""
    if not text:
        return
    if stream.isatty():
        text = visible(text)
        text = f"{DIM}{text}{PLAIN}" if dim else text
    stream.write(text)
    stream.flush()


def visible(text: str) -> str:
    r"""Control characters but newline and tab as `\x1b`: they could rewrite what the terminal shows."""
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def say_error(error: PlaygroundError, *, key: str | None = None, key_name: str | None = None) -> None:
    """One line on stderr: what happened, where, what next."""
    text = hide(f"playground: {error.message} {error.advice}", key, key_name)
    print(visible(" ".join(text.split())), file=sys.stderr)


def hide(text: str, key: str | None, key_name: str | None) -> str:
    """The key as `$NAME`: some servers repeat it in their errors."""
    return text.replace(key, f"${key_name}") if key and len(key) >= MIN_KEY_LENGTH else text
