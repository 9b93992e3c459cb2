"""The request's parameters as a person types them: how a text becomes a value, by its kind, and a value a text.

Which parameters there are, and what is told of each, stands in the fields of `ChatRequest`.
"""

import json
import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from playground.errors import InvalidRequest
from playground.wire.json_text import parse_json
from playground.wire.parameters import Kind, NamedParameter, parameters_of
from playground.wire.request import ChatRequest


def _number(text: str) -> float | int:
    # "0." is on its way to 0.5, and ".5" is how many write it; JSON has neither.
    begun = re.sub(r"^(-?\d+)\.$", r"\1", text)
    value = parse_json(re.sub(r"^(-?)\.(?=\d)", r"\g<1>0.", begun))
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError("a number")
    return value


def _whole(text: str) -> int:
    value = parse_json(text)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number")
    return value


def _true_or_false(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("true or false")
    return text == "true"


def _object(text: str) -> dict[str, Any]:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise ValueError("a JSON object")
    return value


def _texts(text: str) -> str | list[str]:
    """Text as it is; a JSON list; or, for text that could not stand plainly (a line end), a JSON string."""
    if text.startswith('"'):
        try:
            return str(parse_json(text))
        except ValueError:
            return text
    if not text.startswith("["):
        return text
    value = parse_json(text)
    if not all(isinstance(item, str) for item in value):
        raise ValueError("text, or a JSON list of texts")
    return list(value)


def _text(text: str) -> str:
    return text


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBER: _number,
    Kind.WHOLE: _whole,
    Kind.TRUTH: _true_or_false,
    Kind.OBJECT: _object,
    Kind.TEXTS: _texts,
    Kind.TEXT: _text,
}
PARAMETERS = parameters_of(ChatRequest)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def read_parameter(parameter: NamedParameter, text: str) -> Any:
    """The JSON value of what was typed.

    Raises:
        InvalidRequest: it cannot be read; the message says what is wanted.
    """
    try:
        return _READERS[parameter.kind](text.strip())
    except ValueError:
        raise InvalidRequest(
            f"{parameter.name} must be {parameter.kind}, not {text.strip()[:40]!r}.", field=parameter.name
        ) from None


def show_parameter(parameter: NamedParameter, value: Any) -> str:
    """The text that `read_parameter` reads as `value`, where `reads_back` says that there is one."""
    if isinstance(value, str) and (parameter.kind is Kind.TEXT or _reads(parameter, value, value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def reads_back(parameter: NamedParameter, value: Any) -> bool:
    """Whether a typed text can stand for `value`: null and `" "` have none."""
    return _reads(parameter, show_parameter(parameter, value), value)


def _reads(parameter: NamedParameter, text: str, value: Any) -> bool:
    try:
        # As JSON, because 1, 1.0 and true are equal to Python.
        return bool(text.strip()) and json.dumps(read_parameter(parameter, text)) == json.dumps(value)
    except InvalidRequest:
        return False
