"""The definitions, by examples worked out by hand."""

import math
from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wire import events as ev
from playground.wire.exchange import fold
from playground.wire.metrics import Timings, gaps, percentile, stall_limit_s, stalls
from tests.wire.values import REQUEST

FLOATS = st.floats(0, 1e6)

# Six chunks: role only, reasoning, two pieces of content, one without a delta, a tool call.
EVENTS: tuple[ev.StreamEvent, ...] = (
    ev.Connected(0.25, reused=False),
    ev.ResponseStarted(0.5, 200, "OK", (), ()),
    ev.FirstByte(0.75),
    ev.ChunkReceived(0.75, "role"),
    ev.ContentDelta(0.75, ""),
    ev.ChunkReceived(1.0, "reasoning"),
    ev.ReasoningDelta(1.0, "Hm"),
    ev.ChunkReceived(1.5, "content and reasoning"),
    ev.ReasoningDelta(1.5, "."),
    ev.ContentDelta(1.5, "Hel"),
    ev.ChunkReceived(1.75, "content"),
    ev.ContentDelta(1.75, "lo"),
    ev.ChunkReceived(2.0, "nothing"),
    ev.ChunkReceived(2.75, "tool call"),
    ev.ToolCallDelta(2.75, 0, "call_1", "look", ""),
    ev.ChunkReceived(3.0, "usage"),
    ev.UsageReported(3.0, {"completion_tokens": 9}),
    ev.Finished(3.0, "tool_calls"),
    ev.Completed(3.0),
)


def test_an_exchange_by_hand() -> None:
    timings = fold(REQUEST, EVENTS).timings
    assert timings.connect_s == 0.25
    assert timings.headers_s == 0.5
    assert timings.first_byte_s == 0.75
    assert timings.ttft_s == timings.first_reasoning_s == 1.0
    assert timings.first_content_s == 1.5
    assert timings.first_tool_call_s == 2.75
    assert timings.last_delta_s == 2.75
    assert timings.itl_s == (0.5, 0.25, 1.0)
    assert timings.e2e_s == 3.0
    assert timings.tpot_s == (3.0 - 1.0) / 8
    assert timings.output_tokens_per_s == 4.0
    assert timings.to_dict()["itl_p50_s"] == 0.5
    assert timings.to_dict()["stalls"] == 0


@pytest.mark.parametrize("tokens", [None, 0, 1])
def test_no_rate_for_one_token_or_without_usage(tokens: int | None) -> None:
    timings = Timings(first_content_s=1.0, e2e_s=2.0, itl_s=(0.5,), completion_tokens=tokens)
    assert timings.tpot_s is timings.output_tokens_per_s is None


def test_no_rate_for_an_answer_that_came_at_once() -> None:
    assert Timings(first_content_s=2.0, e2e_s=2.0, completion_tokens=9).output_tokens_per_s is None
    assert Timings(first_content_s=2.0, e2e_s=2.0, itl_s=(0.0,), completion_tokens=9).output_tokens_per_s is None


def test_nothing_measured() -> None:
    timings = Timings()
    assert timings.ttft_s is timings.tpot_s is timings.output_tokens_per_s is None
    assert {value for value in timings.to_dict().values() if value} == set()


def test_gaps() -> None:
    assert gaps([]) == gaps([1.0]) == ()
    assert gaps([1.0, 1.5, 3.0]) == (0.5, 1.5)


@given(st.lists(FLOATS, min_size=2))
def test_percentiles_are_those_of_the_standard_library(values: list[float]) -> None:
    cuts = quantiles(values, n=100, method="inclusive")
    for percent in (1, 50, 95, 99):
        found = percentile(values, percent)
        assert found is not None
        assert math.isclose(found, cuts[percent - 1], rel_tol=1e-9, abs_tol=1e-6)
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)
    assert math.isclose(percentile(values, 50) or 0, median(values), rel_tol=1e-9, abs_tol=1e-6)


@given(st.lists(FLOATS, min_size=1), st.floats(0, 100))
def test_percentiles_are_those_of_numpy(values: list[float], percent: float) -> None:
    numpy = pytest.importorskip("numpy")
    found = percentile(values, percent)
    assert math.isclose(found or 0.0, float(numpy.percentile(values, percent)), rel_tol=1e-9, abs_tol=1e-6)


def test_percentiles_of_little() -> None:
    assert percentile([], 50) is None
    assert percentile([3.0], 99) == 3.0


def test_stalls() -> None:
    assert stall_limit_s([]) == 0.1
    assert stalls([0.01] * 9 + [0.09]) == ()
    assert stalls([0.01] * 9 + [0.11]) == (0.11,)
    assert stall_limit_s([0.05] * 9) == pytest.approx(0.3)
    assert stalls([0.05] * 9 + [0.29, 0.31]) == (0.31,)
