"""Replay: a stream of so many equal chunks at a given pace, for measurements."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tests.upstream.asked import model_of, wants_stream, wants_usage
from tests.upstream.record import Recorded
from tests.upstream.scripts import DONE, OK_SSE, answer, chunk, sse
from tests.upstream.scripts import usage as usage_object
from tests.upstream.steps import Paced, Script

MOST_CHUNKS = 10_000_000


@dataclass(frozen=True)
class Replay:
    """So many content chunks of the same text, at an even pace."""

    chunks: int = 100
    per_second: float = 100.0
    text: str = "word "

    def __post_init__(self) -> None:
        if not 0 <= self.chunks <= MOST_CHUNKS:
            raise ValueError(f"chunks is {self.chunks}, not within 0 and {MOST_CHUNKS}")
        if not (self.per_second > 0 and math.isfinite(self.per_second)):
            raise ValueError(f"per_second is {self.per_second}, not a positive number")


def replay_of(request: Recorded, body: Mapping[str, Any], default: Replay | None) -> Replay | None:
    """The replay that a request asks for, None where it asks for none and there is no default.

    Each of the body's `x_replay`, the header `x-replay` (JSON, both the same shape) and the query may set
    some of `chunks`, `per_second`, `text`; the later of these counts.
    """
    names = {field.name for field in fields(Replay)}
    header = json.loads(request.header("x-replay") or "{}")
    query = {key: value for key, value in request.query.items() if key in names}
    wanted: dict[str, Any] = {**(body.get("x_replay") or {}), **header, **query}
    if not wanted:
        return default
    if unknown := wanted.keys() - names:
        raise ValueError(f"unknown fields {sorted(unknown)}")
    types = {"chunks": int, "per_second": float, "text": str}
    return replace(default or Replay(), **{name: types[name](value) for name, value in wanted.items()})


def replay(wanted: Replay, body: Mapping[str, Any]) -> Script:
    """The role, the content chunks, the finish, usage where asked for, `[DONE]`: one paced schedule."""
    model = model_of(body)
    usage = usage_object(1, wanted.chunks)
    if not wants_stream(body):
        return answer(wanted.text * wanted.chunks, model=model, usage=usage)
    first = sse(chunk({"role": "assistant", "content": ""}, model=model))
    content = sse(chunk({"content": wanted.text}, model=model))  # one object, however many chunks
    finish = sse(chunk({}, finish_reason="stop", model=model))
    last = [sse(chunk(None, model=model, usage=usage))] if wants_usage(body) else []
    sent = (first, *(content,) * wanted.chunks, finish, *last, sse(DONE))
    return Script((OK_SSE, Paced(sent, wanted.per_second)))
