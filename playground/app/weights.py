"""About how much memory things take, in bytes: what is kept for visitors is bounded by it.

Not exact: each object counts with what CPython's take (64-bit, 3.11), texts and bytes with their own size.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from playground.wire.exchange import Exchange


def weigh_value(value: Any) -> int:
    """A value made of JSON's types."""
    total, left = 0, [value]
    while left:
        one = left.pop()
        total += sys.getsizeof(one)
        if isinstance(one, Mapping):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            left += one
    return total


def weigh_exchange(exchange: Exchange) -> int:
    """All that it holds: the bytes sent, the answers, and what came as it came."""
    answers = sum(
        weigh_texts((answer.content, answer.reasoning, answer.refusal))
        + weigh_value(answer.fields)
        + sum(weigh_value(call.extra) for call in answer.tool_calls)
        + weigh_texts(text for call in answer.tool_calls for text in (call.name, call.arguments))
        for answer in exchange.answers
    )
    said = weigh_value(exchange.response_headers) + (weigh_value(exchange.error.to_dict()) if exchange.error else 0)
    return len(exchange.request.body) + answers + exchange.kept_bytes + said


def weigh_texts(texts: Iterable[str]) -> int:
    """Texts alone."""
    return sum(map(sys.getsizeof, texts))
