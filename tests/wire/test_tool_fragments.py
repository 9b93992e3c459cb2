"""Fragments of tool calls, in all the ways that servers cut and number them, are the calls they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wire import events as ev
from playground.wire.exchange import ExchangeBuilder
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.sse import EventDecoder
from tests.upstream import scripts
from tests.wire.values import REQUEST

Call = tuple[str | None, str, str]  # id, name, arguments
A: Call = ("a", "f", '{"x": "é🌍"}')
B: Call = ("b", "g", "{}")


def fragment(index: int | None = None, call_id: Any = None, **function: Any) -> dict[str, Any]:
    made: dict[str, Any] = {} if index is None else {"index": index}
    made |= {} if call_id is None else {"id": call_id, "type": "function"}
    return made | ({"function": function} if function else {})


def stream_of(*chunks: list[dict[str, Any]]) -> bytes:
    """One chunk for each list of fragments, and the end."""
    made = [scripts.chunk({"tool_calls": fragments}) for fragments in chunks]
    return b"".join(map(scripts.sse, [*made, scripts.chunk({}, finish_reason="tool_calls"), "[DONE]"]))


def calls_of(*pieces: bytes) -> list[Call]:
    """What the client makes of these bytes."""
    decoder, builder = EventDecoder(), ExchangeBuilder(REQUEST)
    for piece in pieces:
        for sent in decoder.feed(piece):
            for event in parse_chunk(sent.data, 0.0) if sent.data != "[DONE]" else ():
                builder.apply(event)
    return [(call.id, call.name, call.arguments) for call in builder.snapshot().answer.tool_calls]


def read(*chunks: list[dict[str, Any]]) -> list[Call]:
    return calls_of(stream_of(*chunks))


TWO = [
    *([part] for part in scripts.tool_call_fragments("f", '{"x"', ': "é', '🌍"}', index=0, call_id="a")),
    *([part] for part in scripts.tool_call_fragments("g", "{", "}", index=1, call_id="b")),
]


def test_two_pieces_cut_at_every_byte() -> None:
    whole = stream_of(*TWO)
    for cut in range(len(whole) + 1):
        assert calls_of(whole[:cut], whole[cut:]) == [A, B]


def test_a_byte_at_a_time() -> None:
    assert calls_of(*(bytes([byte]) for byte in stream_of(*TWO))) == [A, B]


@given(st.data())
def test_arguments_cut_anywhere_in_any_order_of_calls(data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(max_size=8), min_size=1, max_size=4))
    heads = data.draw(st.permutations(range(len(texts))))
    made = [fragment(i, f"id{i}", name=f"f{i}", arguments="") for i in heads]
    letters = [(i, letter) for i, text in enumerate(texts) for letter in text]
    # each call's own letters stay in order; the calls are mixed
    order = data.draw(st.permutations([i for i, _ in letters]))
    rest = {i: iter(text) for i, text in enumerate(texts)}
    made += [fragment(i, arguments=next(rest[i])) for i in order]
    assert read(*([part] for part in made)) == [(f"id{i}", f"f{i}", text) for i, text in enumerate(texts)]


def test_indexes_out_of_order() -> None:
    assert read(*TWO[4:], *TWO[:4]) == [A, B]
    assert read([fragment(7, "b", name="g", arguments="{}")], [fragment(2, "a", name="f", arguments=A[2])]) == [A, B]


def test_two_calls_in_one_chunk() -> None:
    both = [fragment(0, "a", name="f", arguments=A[2]), fragment(1, "b", name="g", arguments="{}")]
    assert read(both) == [A, B]
    assert read([{k: v for k, v in part.items() if k != "index"} for part in both]) == [A, B]


def test_ids_missing() -> None:
    assert read([fragment(0, name="f", arguments="{}")], [fragment(1, name="g", arguments="{}")]) == [
        (None, "f", "{}"),
        (None, "g", "{}"),
    ]


def test_an_id_that_comes_late() -> None:
    late = [fragment(0, name="f")], [fragment(0, arguments='{"x": "é🌍"')], [fragment(0, "a", arguments="}")]
    assert read(*late) == [A]


def test_arguments_null_and_absent() -> None:
    assert read([fragment(0, "a", name="f", arguments=None)], [fragment(0)], [fragment(0, arguments=None)]) == [
        ("a", "f", "")
    ]


@pytest.mark.parametrize("arguments", [{"x": 1}, [1], 5, False])
def test_arguments_that_are_no_text_are_kept_as_json(arguments: Any) -> None:
    ((_, _, text),) = read([fragment(0, "a", name="f", arguments=arguments)])
    assert json.loads(text) == arguments


def test_the_name_in_each_fragment() -> None:
    parts = [fragment(0, "a", name="f", arguments=piece) for piece in ("", '{"x": ', '"é🌍"', "}")]
    assert read(*([part] for part in parts)) == [A]
    without_ids = [{k: v for k, v in part.items() if k != "id"} for part in parts]
    assert read(*([part] for part in [*without_ids, fragment(0, name="f", arguments="")])) == [(None, "f", A[2])]


def test_a_new_id_in_each_fragment() -> None:
    parts = fragment(0, "a", name="f"), fragment(0, "r1", arguments='{"x": "é🌍"'), fragment(0, "r2", arguments="}")
    assert read(*([part] for part in parts)) == [A]


@pytest.mark.parametrize("index", [0, None])
def test_every_call_under_the_same_index(index: int | None) -> None:
    first = [fragment(index, "a", name="f", arguments='{"x": '), fragment(index, arguments='"é🌍"}')]
    second = [fragment(index, "b", name="g", arguments=""), fragment(index, arguments="{}")]
    assert read(*([part] for part in [*first, *second])) == [A, B]


def test_the_same_index_and_later_the_first_id_again() -> None:
    parts = [
        fragment(0, "a", name="f", arguments='{"x": '),
        fragment(0, "b", name="g", arguments="{"),
        fragment(0, "a", arguments='"é🌍"}'),
        fragment(0, "b", arguments="}"),
    ]
    assert read(*([part] for part in parts)) == [A, B]


def test_the_same_index_without_ids() -> None:
    parts = [
        fragment(0, name="f", arguments='{"x": '),
        fragment(0, arguments='"é🌍"}'),
        fragment(0, name="f", arguments='{"x": 2'),
        fragment(0, arguments="}"),
    ]
    assert read(*([part] for part in parts)) == [(None, "f", A[2]), (None, "f", '{"x": 2}')]


def test_a_restarted_index_and_a_real_next_one() -> None:
    parts = [
        fragment(0, "a", name="f", arguments=A[2]),
        fragment(0, "b", name="g", arguments="{}"),
        fragment(1, "c", name="h", arguments="[]"),
    ]
    assert read(*([part] for part in parts)) == [A, B, ("c", "h", "[]")]


def test_a_completion_with_the_same_calls() -> None:
    calls = [fragment(None, "a", name="f", arguments=A[2]), fragment(None, "b", name="g", arguments="{}")]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    builder = ExchangeBuilder(REQUEST)
    for event in parse_completion(json.dumps(scripts.completion(message)), 0.0):
        builder.apply(event)
    assert [(c.id, c.name, c.arguments) for c in builder.snapshot().answer.tool_calls] == [A, B]


def test_a_snapshot_of_a_call_does_not_grow() -> None:
    builder = ExchangeBuilder(REQUEST)
    builder.apply(ev.ToolCallDelta(0, 0, "a", "f", "{"))
    shot = builder.snapshot()
    builder.apply(ev.ToolCallDelta(1, 0, arguments="}"))
    assert [call.arguments for call in (*shot.answer.tool_calls, *builder.snapshot().answer.tool_calls)] == ["{", "{}"]
