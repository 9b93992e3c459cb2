"""Calls of Gradio's functions: only those that the page has, with values of the kinds that its components send.

Gradio's own reading of a value makes a file of any object that says it is one, from any path or URL, and keeps what
each made-up session sent last. So a call is read here first, and only what is known here is handed on, written anew.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from playground.errors import InvalidRequest

MAX_CHOICES = 100  # of a group of check boxes
_SESSION = re.compile(r"[a-z0-9]{1,32}")


class Kind(StrEnum):
    """What a component sends. Nothing is ever an object: that is how a file would come."""

    TEXT = "text"
    CHOICE = "text or number"
    CHOICES = "list of texts"
    FLAG = "true or false"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Function:
    """One of the page's functions.

    Attributes:
        name: the handler's, for people.
        inputs: what each of its components sends; null is allowed for any.
        triggers: the ids of the components whose events it reads; none where it reads none.
        event: the names of the event's own values that it reads: texts or numbers.
    """

    name: str
    inputs: tuple[Kind, ...]
    triggers: frozenset[int] = frozenset()
    event: frozenset[str] = frozenset()


def read_call(body: bytes, functions: Mapping[int, Function]) -> bytes:
    """The call as Gradio may be given it.

    Args:
        body: the request's body: `{fn_index, data, session_hash, trigger_id?, event_data?}`.
        functions: the page's functions by their index.

    Raises:
        InvalidRequest: it is not a call of one of them; what it holds is not repeated.
    """
    try:
        call = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequest("This call is not valid JSON.") from None
    if not isinstance(call, dict):
        raise InvalidRequest("This call is not an object.")
    index, session, trigger = call.get("fn_index"), call.get("session_hash"), call.get("trigger_id")
    function = functions.get(index) if type(index) is int else None
    if function is None:
        raise InvalidRequest("The page has no such function: reload it.")
    if not (isinstance(session, str) and _SESSION.fullmatch(session)):
        raise InvalidRequest("This call names no session.")
    if function.event and not (type(trigger) is int and trigger in function.triggers):
        raise InvalidRequest("Nothing on the page calls this function in this way.")
    data = call.get("data")
    if not isinstance(data, list) or len(data) != len(function.inputs):
        raise InvalidRequest("This call has the wrong number of values for the function.")
    for place, (value, kind) in enumerate(zip(data, function.inputs, strict=True), 1):
        if not _fits(value, kind):
            raise InvalidRequest(f"Value {place} of this call is no {kind}.")
    read = {"data": data, "fn_index": index, "session_hash": session}
    if function.event:
        read |= {"trigger_id": trigger, "event_data": _event(call.get("event_data"), function.event)}
    return orjson.dumps(read)


def _fits(value: Any, kind: Kind) -> bool:
    if value is None:
        return True
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.NUMBER:
            return _is_number(value)
        case Kind.CHOICE:
            return isinstance(value, str) or _is_number(value)
        case Kind.CHOICES:
            return isinstance(value, list) and len(value) <= MAX_CHOICES and _all_texts(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _all_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _event(event: Any, names: frozenset[str]) -> dict[str, str | float]:
    """The event's values of these names.

    Raises:
        InvalidRequest: one is missing, or neither text nor number.
    """
    if not isinstance(event, dict) or not names <= event.keys():
        raise InvalidRequest("This call does not say what happened.")
    values = {name: event[name] for name in names}
    if not all(isinstance(value, str) or _is_number(value) for value in values.values()):
        raise InvalidRequest("What happened is told in texts and numbers.")
    return values
