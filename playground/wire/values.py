"""JSON texts from outside to values, within bounds, and values to texts that can be shown. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

MAX_VALUES = 400_000  # of one JSON text: read in about 0.05 s, some 40 MB; 3,000 tokens with 20 logprobs each have less
MAX_MENDED = 2**20  # characters of a text with halves of surrogate pairs: it has to be written and read once more

# Servers that cut a text by UTF-16 send halves of surrogate pairs, which no UTF-8 can carry; each becomes U+FFFD.
_HALF = re.compile("[\ud800-\udfff]")


class TooManyValues(ValueError):
    """A JSON text that is not read."""


def read_values(data: str, most: int = MAX_VALUES) -> Any:
    """The value of a JSON text from outside.

    Raises:
        ValueError: it is not valid JSON. Its message says why.
        TooManyValues: it holds more than `most`: one character can be a value of 60 bytes.
    """
    if len(data) > most and data.count(",") + data.count("[") + data.count("{") > most:
        raise TooManyValues(f"it has more than {most:,} values, which is the limit")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if "\\ud" not in data and "\\uD" not in data:
            raise ValueError(error.msg) from None
    if len(data) > MAX_MENDED:
        raise ValueError("it holds halves of surrogate pairs, and is too long for them to be replaced")
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)  # Python's own takes halves
    except (ValueError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return orjson.loads(_HALF.sub("\ufffd", text))


def member(value: Mapping[str, Any], outer: str, inner: str) -> Any:
    """What stands under `inner` in the object under `outer`; None where there is no such object."""
    found = value.get(outer)
    return found.get(inner) if isinstance(found, dict) else None


def to_text(value: Any) -> str | None:
    """A value that was read, as JSON again; None where it is nested too deeply for that."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return None


def writable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields; in place of one that is nested too deeply to be written again, a word about it."""
    return {name: value if to_text(value) else "(nested too deeply to be read)" for name, value in fields.items()}


def cut(text: str, most: int) -> str:
    """The text; of a longer one the first characters and a mark."""
    return text if len(text) <= most else f"{text[:most]}…"
