"""JSON text to a value, strictly, numbers as they stand."""

import json
from typing import Any, NoReturn


def no_constant(name: str) -> NoReturn:
    """For `parse_constant`: JSON has no word for NaN and Infinity (RFC 8259, 6), though Python's reader takes them."""
    raise ValueError(f"{name} is not a JSON value")


def parse_json(text: str | bytes) -> Any:
    """The text's value; bytes are UTF-8.

    Raises:
        ValueError: it is not valid JSON, or no UTF-8; a `json.JSONDecodeError` where the place of the fault is known.
    """
    try:
        # Not orjson: it makes floats of long integers and refuses half a surrogate pair, and what is typed is sent.
        return json.loads(text if isinstance(text, str) else text.decode(), parse_constant=no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
