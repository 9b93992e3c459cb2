"""Metrics of engines, from texts that the engines themselves answered (tests/real_engines/record_metrics.py)."""

from dataclasses import replace
from pathlib import Path

import pytest

from playground.backends.metrics import Metrics, MetricsHistory, engine_of, parse_metrics, rate
from playground.errors import StreamProtocolError

DATA = Path(__file__).parents[1] / "data" / "metrics"
ENGINES = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp"}


def recorded(engine: str, when: str, at_s: float = 0.0) -> Metrics:
    return parse_metrics((DATA / f"{engine}-{when}.txt").read_text(), at_s)


@pytest.mark.parametrize("file", ENGINES)
def test_each_engine_is_known_by_its_names(file: str) -> None:
    found = [recorded(file, when) for when in ("before", "during", "after")]
    assert {metrics.engine for metrics in found} == {ENGINES[file]}
    for metrics in found:
        assert metrics.running is not None
        assert metrics.waiting == 0
        assert metrics.generation_tokens_total is not None
        assert metrics.live_tokens_total is not None


@pytest.mark.parametrize("file", ENGINES)
def test_what_was_asked_is_what_was_counted(file: str) -> None:
    """The recorder asked for 200 tokens, then for 8; SGLang's own warm-up came before."""
    before, after = recorded(file, "before"), recorded(file, "after")
    assert before.generation_tokens_total is not None
    assert after.generation_tokens_total is not None
    assert after.prompt_tokens_total is not None
    assert after.generation_tokens_total - before.generation_tokens_total == 208
    assert after.prompt_tokens_total > (before.prompt_tokens_total or 0)
    assert (after.running, after.waiting) == (0, 0)


def test_vllm_while_it_answers() -> None:
    metrics = recorded("vllm", "during")
    assert (metrics.running, metrics.waiting, metrics.requests_total) == (1, 0, 0)
    assert metrics.cache_usage == pytest.approx(1 / 363)  # one block; its pool keeps one of 364 for itself
    assert metrics.live_tokens_total == metrics.generation_tokens_total
    assert metrics.tokens_per_s is None
    assert recorded("vllm", "after").requests_total == 2


def test_sglang_while_it_answers() -> None:
    """Its gauges are of its last log line, its live count is of now."""
    before, during = recorded("sglang", "before", 0), recorded("sglang", "during", 1)
    assert before.live_tokens_total is not None
    assert during.live_tokens_total is not None
    assert during.live_tokens_total > before.live_tokens_total
    assert during.generation_tokens_total == before.generation_tokens_total
    assert during.cache_usage is not None
    assert during.tokens_per_s is not None


def test_llamacpp_while_it_answers() -> None:
    metrics = recorded("llamacpp", "during")
    assert (metrics.running, metrics.generation_tokens_total) == (1, 0)
    assert metrics.live_tokens_total is not None
    assert metrics.live_tokens_total > 10
    assert metrics.cache_usage is None  # this version does not tell


@pytest.mark.parametrize("file", ENGINES)
def test_tokens_a_second(file: str) -> None:
    before, during, after = (recorded(file, when, at_s) for at_s, when in enumerate(("before", "during", "after")))
    assert (rate(before, during) or 0) > 0
    assert rate(before, replace(after, at_s=4)) == pytest.approx(
        ((after.live_tokens_total or 0) - (before.live_tokens_total or 0)) / 4
    )


def test_a_rate_that_cannot_be_told() -> None:
    first, second = Metrics(1, "vllm", live_tokens_total=10), Metrics(2, "vllm", live_tokens_total=30)
    assert rate(first, second) == 20
    assert rate(second, first) is None  # no time between
    assert rate(first, replace(first)) is None
    assert rate(first, Metrics(2, "vllm", live_tokens_total=3)) is None  # a restart
    assert rate(Metrics(1), second) is None
    assert rate(first, Metrics(2)) is None


VLLM_TWO_REPLICAS = """\
# Made by hand from vLLM's names: two data-parallel engines.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 2.0
vllm:num_requests_running{engine="1",model_name="m"} 3.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 1.0
# TYPE vllm:generation_tokens counter
vllm:generation_tokens_total{engine="0",model_name="m"} 10.0
vllm:generation_tokens_total{engine="1",model_name="m"} 20.0
"""
SGLANG_RANKS = """\
# Made by hand from SGLang's names: two tensor-parallel ranks of each of two replicas tell of the same requests.
# TYPE sglang:num_running_reqs gauge
sglang:num_running_reqs{dp_rank="0",tp_rank="0"} 2.0
sglang:num_running_reqs{dp_rank="0",tp_rank="1"} 2.0
sglang:num_running_reqs{dp_rank="1",tp_rank="2"} 1.0
sglang:num_running_reqs{dp_rank="1",tp_rank="3"} 1.0
"""
OLDER = """\
# Made by hand: the names of older versions.
# TYPE vllm:gpu_cache_usage_perc gauge
vllm:gpu_cache_usage_perc{model_name="m"} 0.25
"""


def test_replicas_are_added_and_ranks_are_not() -> None:
    vllm = parse_metrics(VLLM_TWO_REPLICAS)
    assert (vllm.running, vllm.cache_usage, vllm.generation_tokens_total) == (5, 0.75, 30)
    assert parse_metrics(SGLANG_RANKS).running == 3


def test_older_names() -> None:
    assert parse_metrics(OLDER).cache_usage == 0.25


def test_what_is_not_finite_is_passed_over() -> None:
    text = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running NaN\nvllm:num_requests_waiting 1\n"
    metrics = parse_metrics(text)
    assert (metrics.engine, metrics.running, metrics.waiting) == ("vllm", None, 1)


def test_another_servers_metrics() -> None:
    assert parse_metrics("# TYPE up gauge\nup 1\n", 3) == Metrics(3)
    assert parse_metrics("") == Metrics()
    assert engine_of(["process_cpu_seconds_total"]) == ""


@pytest.mark.parametrize("text", ["<html><body>404</body></html>", '{"detail": "Not Found"}', 'a{b="', "vllm:x one"])
def test_what_is_no_metrics(text: str) -> None:
    with pytest.raises(StreamProtocolError, match="not in the Prometheus format"):
        parse_metrics(text)


def test_a_history_keeps_the_last() -> None:
    history = MetricsHistory(length=3)
    assert (history.last, history.samples, history.rates()) == (None, (), ())
    for second in range(5):
        history.add(Metrics(second, "vllm", running=second, live_tokens_total=second * 10))
    assert [sample.running for sample in history.samples] == [2, 3, 4]
    assert history.rates() == (None, 10, 10)
    assert history.last == history.samples[-1]
    assert MetricsHistory().length == 120


def test_a_restart_begins_a_new_history() -> None:
    history = MetricsHistory()
    history.add(Metrics(0, "vllm", live_tokens_total=100))
    history.add(Metrics(1, "vllm", live_tokens_total=5))
    assert [sample.live_tokens_total for sample in history.samples] == [5]
    history.add(Metrics(2, "sglang", live_tokens_total=50))
    assert len(history.samples) == 1
