"""Answers made to cost a lot to be read, kept or drawn, other than by their markup: nobody waits for them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playground.wire.limits import MAX_CHOICES, MAX_TOOL_CALLS
from playground.wire.parse import MAX_PARTS
from playground.wire.values import MAX_VALUES
from tests.security.answered import BOUND_S, MIB, Attack, Attacked, attacked, delta, streamed
from tests.upstream import Script
from tests.upstream.steps import Status, Write

SSE = ("content-type", "text/event-stream")
FINISHED = '{"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}'
SCHEMA = json.dumps({"type": "array", "items": {"type": "object", "required": ["a"]}})
DEEP = "[" * 1000 + "]" * 1000
INDENTED = "[" * 900 + "1," * 50_000 + "1" + "]" * 900  # as JSON with indents it would have 90 MB
TOOL = json.dumps([{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("answers")) as app:
        yield app


def calls(count: int, start: int = 0, arguments: str = "{}") -> str:
    made = [{"index": start + n, "function": {"name": "f", "arguments": arguments}} for n in range(count)]
    return delta(tool_calls=made)


def whole(body: str, status: int = 200, kind: str = "application/json") -> Script:
    """A body in one piece."""
    data = body.encode()
    return Script((Status(status, (("content-type", kind), ("content-length", str(len(data))))), Write(data)))


def raw(fields: str) -> str:
    """An event with this JSON beside an empty delta."""
    return f'{{"choices": [{{"index": 0, "delta": {{"content": "x"}}}}], {fields}}}'


TOO_MUCH: dict[str, tuple[Callable[[], Script], str]] = {
    "30,000 tool calls in one event": (lambda: streamed(calls(30_000)), f"at most {MAX_PARTS:,} are read"),
    "100,000 tool calls in one event": (lambda: streamed(calls(100_000)), "more than"),
    "30,000 tool calls in many": (
        lambda: streamed(*(calls(100, at) for at in range(0, 30_000, 100))),
        f"more than {MAX_TOOL_CALLS} tool calls",
    ),
    "100,000 choices": (
        lambda: streamed(json.dumps({"choices": [{"index": n, "delta": {"content": "x"}} for n in range(60_000)]})),
        "choices",
    ),
    "choices in many events": (
        lambda: streamed(*(f'{{"choices": [{{"index": {n}, "delta": {{"content": "x"}}}}]}}' for n in range(5_000))),
        f"more than {MAX_CHOICES} choices",
    ),
    "two million values in the usage": (
        lambda: streamed(raw(f'"usage": {{"a": [{"[]," * 2_000_000}0]}}')),
        f"more than {MAX_VALUES:,} values",
    ),
    "a million logprobs": (
        lambda: streamed(f'{{"choices": [{{"index": 0, "logprobs": {{"content": [{"{}," * 1_000_000}{{}}]}}}}]}}'),
        f"more than {MAX_VALUES:,} values",
    ),
    "20 MB without a stream": (lambda: whole('{"choices": [{"message": {"content": "' + "a" * 20 * MIB), "longer than"),
    "an event of 9 MB": (lambda: streamed(delta(content="a" * 9 * MIB)), "One event of the stream is longer"),
    "20 MB of content": (lambda: streamed(*[delta(content="a" * MIB)] * 20), "which is the limit"),
    "20 MB of arguments": (
        lambda: streamed(calls(1), *[delta(tool_calls=[{"index": 0, "function": {"arguments": "a" * MIB}}])] * 20),
        "which is the limit",
    ),
    "a thousand headers": (
        lambda: Script((Status(headers=(SSE, *((f"x-{n}", "a" * 100) for n in range(1000)))),)),
        "",
    ),
    "an error of '<'": (lambda: whole("<" * 64 * 1024, 500, "text/html"), "500"),
    "an error of tags": (lambda: whole("<script>" * 8 * 1024, 500, "text/html"), "500"),
    "an error with deep details": (lambda: whole('{"error": {"message": "no", "a": ' + DEEP + "}}", 400), ""),
    "an error of 8 MB in the stream": (
        lambda: streamed(json.dumps({"error": {"message": "no", "a": [[0]] * 100_000, "b": "<" * MIB}})),
        "The server reported an error in its answer: no",
    ),
    "an error with deep details in the stream": (
        lambda: streamed('{"error": {"message": "no", "a": ' + DEEP + "}}"),
        "The server reported an error in its answer: no",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_refused_in_words(app: Attacked, name: str) -> None:
    script, words = TOO_MUCH[name]
    attack = app.send(script(), params={"n": "1000"})  # else a choice's number says nothing
    attack.told(name)
    assert attack.frames[-1] == {"end": {"ok": False}}
    assert words in attack.panels
    bounded(attack)


def bounded(attack: Attack) -> None:
    assert attack.pause_s < BOUND_S
    assert attack.growth_bytes < 256 * MIB


def fragments(text: str, size: int) -> Script:
    """One tool call, its arguments in pieces of this size, each with the call's name."""
    cut = [text[at : at + size] for at in range(0, len(text), size)]
    events = (delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": piece}}]) for piece in cut)
    return streamed(*events, FINISHED)


def lines(data: bytes) -> Script:
    """The data, sixty times, before the end of a stream."""
    return Script((Status(headers=(SSE,)), *[Write(data)] * 60, Write(b"\ndata: [DONE]\n\n")))


JSON_FORM: dict[str, Any] = {"tab": "json", "json_mode": "json_schema"} | {"json_schema": SCHEMA}
READ: dict[str, tuple[Callable[[], Script], dict[str, Any]]] = {
    "128 calls of 20 kB": (
        lambda: streamed(*(calls(1, n, json.dumps({"a": ["b"] * 4_000})) for n in range(128)), FINISHED),
        {"tools": TOOL},
    ),
    "128 calls of brackets": (
        lambda: streamed(*(calls(1, n, "[" * 20_000) for n in range(128)), FINISHED),
        {"tools": TOOL},
    ),
    "a call of a million values": (lambda: streamed(calls(1, 0, f"[{'[],' * 300_000}0]"), FINISHED), {"tools": TOOL}),
    "a call nested deeply, indented": (
        lambda: streamed(calls(1, 0, INDENTED), FINISHED),
        {"tools": TOOL},
    ),
    "arguments in 20,000 pieces": (lambda: fragments('{"a": "' + "x" * 20_000, 1), {"tools": TOOL}),
    "arguments that look whole each time": (
        lambda: fragments('{"a": "' + "x" * 500_000 + '"}}' + "}" * 200_000, 100),
        {"tools": TOOL},
    ),
    "a body nested deeply": (
        lambda: whole('{"choices": [{"message": {"content": "x"}}], "a": ' + INDENTED + "}"),
        {"stream": False},
    ),
    "reasoning of 4 MB": (lambda: streamed(*[delta(reasoning_content="<" * 4096)] * 1000, FINISHED), {}),
    "halves of surrogate pairs": (
        lambda: streamed('{"choices": [{"delta": {"content": "' + "\\ud83d" * 170_000 + '"}}]}'),
        {},
    ),
    "too many halves of surrogate pairs": (
        lambda: streamed('{"choices": [{"delta": {"content": "' + "\\ud83d" * MIB + '"}}]}'),
        {},
    ),
    "names of a megabyte": (
        lambda: streamed(*[json.dumps({"id": "i" * MIB, "model": "m" * MIB} | json.loads(delta(content="x")))] * 5),
        {},
    ),
    "50,000 pieces": (lambda: streamed(*[delta(content="a ")] * 50_000), {"tab": "streaming"}),
    "100,000 empty events": (lambda: streamed(*["{}"] * 100_000, delta(content="x")), {}),
    "lines of data": (lambda: lines(b"data:\n" * 10_000), {}),
    "comments": (lambda: lines(b":\n" * 30_000), {}),
    "JSON, a million values": (lambda: streamed(*[delta(content="[" + "0," * 2000)] * 500), JSON_FORM),
    "JSON, broken rules without end": (
        lambda: streamed(delta(content="["), *[delta(content="{}," * 1000)] * 200, delta(content="{}]"), FINISHED),
        JSON_FORM,
    ),
    "JSON, 500 deep": (lambda: streamed(delta(content="[" * 200_000)), JSON_FORM),
    "JSON, one long name": (lambda: streamed(*[delta(content='{"a' + "a" * 4000)] * 500), JSON_FORM),
    "JSON, in words": (lambda: streamed(*[delta(content="words { [ words " * 200)] * 300), JSON_FORM),
    "JSON, fences": (lambda: streamed(*[delta(content="```\n" * 1000)] * 100), JSON_FORM),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_is_read_stops_nobody(app: Attacked, name: str) -> None:
    script, form = READ[name]
    attack = app.send(script(), **form)
    attack.told(name)
    assert "end" in attack.frames[-1]
    bounded(attack)


def test_what_is_not_kept_is_said(app: Attacked) -> None:
    attack = app.send(streamed(*[delta(content="a")] * 110_000))
    assert "raw events not kept" in attack.panels
    assert "only the times of the first 100,000 pieces are" in attack.panels
    bounded(attack)
