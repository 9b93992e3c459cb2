"""Lay a JSON object out as a person would in a curl command.

The rules are those of the examples on TheRouter's model pages: the object stands inside `-d '…'`, its
fields two steps in, its closing brace one step in (a step is two spaces). A value stays on one line while it
is short or holds scalars alone; a list of one object hugs its brackets. ADR 12 has the reasons.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from playground.errors import InvalidRequest

STEP = "  "
WIDTH = 100
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # made once: `json.dumps` makes one a call
_SURROGATE = re.compile("[\ud800-\udfff]")


def lay_out(body: Mapping[str, Any]) -> bytes:
    r"""The JSON text of `body`, UTF-8, ready to stand inside `-d '…'` and to be sent as it is.

    A lone surrogate, which UTF-8 cannot carry, is written as its `\udXXX` escape.

    Raises:
        InvalidRequest: a value JSON has no word for (NaN, infinity, an object of Python's own).
    """
    pieces: list[str] = []
    try:
        _write(pieces, dict(body), indent=STEP, column=0, top=True)
    except (TypeError, ValueError, RecursionError) as error:  # the last: lists in lists without end
        raise InvalidRequest(f"The request cannot be written as JSON: {error}.") from None
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", "".join(pieces)).encode()


def _inline(value: Any) -> str:
    return _ENCODER.encode(value)


def _may_fit(value: Any, room: int) -> bool:
    """Whether a value may be so short on one line; no more work than that for one which is not.

    Without it, each level of a nested value would be written once to see how long it is, and once more further down.
    """
    left = [value]
    while left and room >= 0:
        found = left.pop()
        room -= 2 if isinstance(found, str | dict | list) else 1
        if isinstance(found, str):
            room -= len(found)
        elif isinstance(found, dict) and len(found) <= room:
            left += [*found, *found.values()]
        elif isinstance(found, list) and len(found) <= room:
            left += found
        elif isinstance(found, dict | list):
            return False
    return room >= 0


def _is_flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(item, dict | list) and item for item in items)


def _write(out: list[str], value: Any, *, indent: str, column: int, top: bool = False) -> None:
    """`value` as pieces of text whose further lines stand at `indent`; its first line begins at `column`."""
    if not isinstance(value, dict | list) or not value or (_is_flat(value) and not top):
        out.append(_inline(value))
        return
    inner = indent + STEP
    if isinstance(value, dict):
        if not top and _may_fit(value, WIDTH - column) and column + len(line := _inline(value)) <= WIDTH:
            out.append(line)
            return
        for count, (key, item) in enumerate(value.items()):
            name = f"{inner}{_inline(str(key))}: "
            out += (",\n" if count else "{\n", name)
            _write(out, item, indent=inner, column=len(name))
        out.append(f"\n{indent}}}")
    elif len(value) == 1:
        out.append("[")
        _write(out, value[0], indent=indent, column=column + 1)
        out.append("]")
    else:
        for count, item in enumerate(value):
            out += (",\n" if count else "[\n", inner)
            _write(out, item, indent=inner, column=len(inner))
        out.append(f"\n{indent}]")
