"""The request's parameters as a person types them: each with its range, its help, and how its text is read.

Ranges are OpenAI's ("Create chat completion", 2026-10); they are told, not enforced: the server decides.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from playground.errors import InvalidRequest
from playground.wire.json_text import parse_json


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of the request. `read` turns typed text into its JSON value, or raises ValueError."""

    name: str
    range: str
    help: str
    read: Callable[[str], Any]

    @property
    def wanted(self) -> str:
        """What has to be typed, in words."""
        return KINDS[self.read]


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


def _stop(text: str) -> str | list[str]:
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


KINDS: dict[Callable[[str], Any], str] = {
    _number: "a number",
    _whole: "a whole number",
    _true_or_false: "true or false",
    _object: "a JSON object",
    _stop: "text, or a JSON list of texts",
    _text: "text",
}
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("temperature", "0 to 2", "Higher is more varied", _number),
    Parameter("top_p", "0 to 1", "Keeps the most likely tokens up to this share", _number),
    Parameter("max_tokens", "from 1", "The longest answer, in tokens", _whole),
    Parameter("max_completion_tokens", "from 1", "The same, with reasoning; OpenAI's newer name", _whole),
    Parameter("seed", "whole number", "The same seed aims at the same answer", _whole),
    Parameter("stop", "text or JSON list", "Ends the answer where this text would come", _stop),
    Parameter("presence_penalty", "-2 to 2", "Above 0, new subjects are favoured", _number),
    Parameter("frequency_penalty", "-2 to 2", "Above 0, repetition is disfavoured", _number),
    Parameter("n", "from 1", "How many answers to make", _whole),
    Parameter("logprobs", "true or false", "Each token's log-probability comes along", _true_or_false),
    Parameter("top_logprobs", "0 to 20", "How many alternatives for each token; wants logprobs", _whole),
    Parameter("logit_bias", "JSON object", "Token ids and what is added to their logits", _object),
    Parameter("reasoning_effort", "low, medium, high", "How long a reasoning model thinks", _text),
    Parameter("user", "text", "Your own id of the end user", _text),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def read_parameter(name: str, text: str) -> Any:
    """The JSON value of what was typed.

    Raises:
        InvalidRequest: it cannot be read; the message says what is wanted.
    """
    parameter = BY_NAME[name]
    try:
        return parameter.read(text.strip())
    except ValueError:
        raise InvalidRequest(f"{name} wants {parameter.wanted}, not {text.strip()[:40]!r}.", field=name) from None


def show_parameter(name: str, value: Any) -> str:
    """The text that `read_parameter` reads as `value`, where `reads_back` says that there is one."""
    if isinstance(value, str) and (BY_NAME[name].read is _text or _reads(name, value, value)):
        return value
    return json.dumps(value, ensure_ascii=False)


def reads_back(name: str, value: Any) -> bool:
    """Whether a typed text can stand for `value`: null and `" "` have none."""
    return _reads(name, show_parameter(name, value), value)


def _reads(name: str, text: str, value: Any) -> bool:
    try:
        # As JSON, because 1, 1.0 and true are equal to Python.
        return bool(text.strip()) and json.dumps(read_parameter(name, text)) == json.dumps(value)
    except InvalidRequest:
        return False
