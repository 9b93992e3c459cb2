"""An engine's `/metrics` to a few figures that mean the same for each engine; pure.

The text is Prometheus's exposition format. The names are those of vLLM 0.32 (`v1/metrics/loggers.py`), SGLang 0.5.23
(`srt/observability/metrics_collector.py`) and llama.cpp's server, each seen in a running one. The second name of a
pair is that of older versions.
"""

import math
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from playground.errors import StreamProtocolError

MAX_CHARACTERS = 2**20
MAX_WHOLE = 8 * 2**10  # characters that are read as they are: the library takes a second for a few hundred thousand
MAX_CHOSEN = 32 * 2**10  # of those lines of a longer text that are of use
HISTORY = 120  # samples: with one each second, two minutes
PREFIXES = {"vllm:": "vllm", "sglang:": "sglang", "llamacpp:": "llama.cpp"}
# A part of one engine: the ranks of one replica tell of the same requests, data-parallel replicas of their own.
_RANKS = {"tp_rank", "pp_rank", "moe_ep_rank", "pid"}


@dataclass(frozen=True, slots=True)
class _Names:
    """Where an engine keeps each figure; () where it does not tell."""

    running: tuple[str, ...]
    waiting: tuple[str, ...]
    cache_usage: tuple[str, ...]
    prompt: tuple[str, ...]
    generation: tuple[str, ...]
    tokens_per_s: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    live_label: tuple[str, str] | None = None


_NAMES = {
    "vllm": _Names(
        ("vllm:num_requests_running",),
        ("vllm:num_requests_waiting",),
        ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
        ("vllm:prompt_tokens_total",),
        ("vllm:generation_tokens_total",),
        requests=("vllm:request_success_total",),
        live=("vllm:generation_tokens_total",),
    ),
    "sglang": _Names(
        ("sglang:num_running_reqs",),
        ("sglang:num_queue_reqs",),
        ("sglang:token_usage",),
        ("sglang:prompt_tokens_total",),
        ("sglang:generation_tokens_total",),
        tokens_per_s=("sglang:gen_throughput",),
        requests=("sglang:num_requests_total",),
        live=("sglang:realtime_tokens_total",),
        live_label=("mode", "decode"),
    ),
    "llama.cpp": _Names(
        ("llamacpp:requests_processing",),
        ("llamacpp:requests_deferred",),
        ("llamacpp:kv_cache_usage_ratio",),  # older versions only
        ("llamacpp:prompt_tokens_total",),
        ("llamacpp:tokens_predicted_total",),
    ),
}


_USED = {
    name
    for names in _NAMES.values()
    for field_ in ("running", "waiting", "cache_usage", "prompt", "generation", "tokens_per_s", "requests", "live")
    for name in getattr(names, field_)
} | {"vllm:cache_config_info", "llamacpp:n_decode_total", "llamacpp:n_busy_slots_per_decode"}
_OF_USE = re.compile(rf"^(?:{'|'.join(sorted(_USED))})[ {{][^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Metrics:
    """One look at an engine's metrics; None where it does not tell.

    Attributes:
        at_s: when, in seconds of any one clock.
        engine: vllm, sglang, llama.cpp, or "" for another server.
        running, waiting: requests now, over all data-parallel replicas. SGLang writes these at each 40th step only
            (`--decode-log-interval`): a short request is not seen in them.
        cache_usage: of the KV cache, 0 to 1; the mean over data-parallel replicas.
        prompt_tokens_total, generation_tokens_total: since the engine started. vLLM counts as the tokens come,
            SGLang and llama.cpp when a request is complete; llama.cpp leaves cached prompt tokens out.
        live_tokens_total: generated so far, counted as they come, for `rate`. llama.cpp: decoding steps times the
            mean of busy slots, in which a prompt is a step or a few.
        tokens_per_s: generated tokens a second by SGLang's own reckoning, as old as its gauges; it keeps its last
            value when nothing runs.
        requests_total: completed since the engine started.
    """

    at_s: float = 0.0
    engine: str = ""
    running: float | None = None
    waiting: float | None = None
    cache_usage: float | None = None
    prompt_tokens_total: float | None = None
    generation_tokens_total: float | None = None
    live_tokens_total: float | None = None
    tokens_per_s: float | None = None
    requests_total: float | None = None


def parse_metrics(text: str, at_s: float = 0.0) -> Metrics:
    """The figures in a text of `/metrics`; a text without any known name gives all None.

    Raises:
        StreamProtocolError: it is not in Prometheus's format.
    """
    samples = _samples(text)
    engine = engine_of(samples)
    names = _NAMES.get(engine)
    if names is None:
        return Metrics(at_s)
    usage = _values(samples, names.cache_usage)
    return Metrics(
        at_s,
        engine,
        running=_sum(samples, names.running),
        waiting=_sum(samples, names.waiting),
        cache_usage=min(1.0, max(0.0, sum(usage) / len(usage))) if usage else None,
        prompt_tokens_total=_sum(samples, names.prompt),
        generation_tokens_total=_sum(samples, names.generation),
        live_tokens_total=_live(samples, engine, names),
        tokens_per_s=_sum(samples, names.tokens_per_s),
        requests_total=_sum(samples, names.requests),
    )


def engine_of(names: Iterable[str]) -> str:
    """The engine that names its metrics so; "" unknown."""
    return next((engine for name in names for prefix, engine in PREFIXES.items() if name.startswith(prefix)), "")


def label_of(text: str, name: str) -> Mapping[str, str]:
    """The labels of the first sample of that name: vLLM tells of its cache's configuration so; {} without one.

    Raises:
        StreamProtocolError: it is not in Prometheus's format.
    """
    return next((labels for labels, _ in _samples(text).get(name, ())), {})


def rate(before: Metrics, after: Metrics) -> float | None:
    """Generated tokens a second between two looks; None where it cannot be told: no time, no count, a restart."""
    seconds = after.at_s - before.at_s
    if seconds <= 0 or before.live_tokens_total is None or after.live_tokens_total is None:
        return None
    tokens = after.live_tokens_total - before.live_tokens_total
    return tokens / seconds if tokens >= 0 else None


@dataclass(slots=True)
class MetricsHistory:
    """The last looks at one engine, for small curves."""

    length: int = HISTORY
    _samples: deque[Metrics] = field(init=False)

    def __post_init__(self) -> None:
        self._samples = deque(maxlen=self.length)

    def add(self, metrics: Metrics) -> None:
        """Take a look in. A count that fell, or another engine, is a new start: what was before is forgotten."""
        if self._samples and _restarted(self._samples[-1], metrics):
            self._samples.clear()
        self._samples.append(metrics)

    @property
    def samples(self) -> tuple[Metrics, ...]:
        """All, the oldest first."""
        return tuple(self._samples)

    @property
    def last(self) -> Metrics | None:
        """The newest."""
        return self._samples[-1] if self._samples else None

    def rates(self) -> tuple[float | None, ...]:
        """`rate` at each sample; the first has none before it."""
        samples = self.samples
        return (None, *map(rate, samples, samples[1:])) if samples else ()


def _restarted(before: Metrics, after: Metrics) -> bool:
    if before.engine != after.engine:
        return True
    old, new = before.live_tokens_total, after.live_tokens_total
    return old is not None and new is not None and new < old


_Sample = tuple[Mapping[str, str], float]


def _samples(text: str) -> dict[str, list[_Sample]]:
    """All finite samples by name; of a long text, those of an engine's alone."""
    found: dict[str, list[_Sample]] = {}
    if len(text) > MAX_CHARACTERS:
        raise StreamProtocolError(f"The /metrics response is longer than {MAX_CHARACTERS:,} characters.", excerpt=text)
    text = text if len(text) <= MAX_WHOLE else "".join(_chosen(text))
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if math.isfinite(sample.value):
                    found.setdefault(sample.name, []).append((sample.labels, sample.value))
    except (ValueError, KeyError, IndexError) as error:
        raise StreamProtocolError("The /metrics response is not in the Prometheus format.", excerpt=text) from error
    return found


def _chosen(text: str) -> Iterator[str]:
    """The lines that are of use, as many as can be read in a moment."""
    room = MAX_CHOSEN
    for line in _OF_USE.finditer(text):
        room -= len(line[0])
        if room < 0:
            return
        yield line[0]


def _values(samples: Mapping[str, list[_Sample]], names: tuple[str, ...]) -> list[float]:
    """The values of the first of these names that is there: one for each replica and each further label."""
    listed = next((samples[name] for name in names if name in samples), [])
    values: dict[frozenset[tuple[str, str]], float] = {}
    for labels, value in listed:
        replica = frozenset(item for item in labels.items() if item[0] not in _RANKS)
        values[replica] = max(value, values.get(replica, value))
    return list(values.values())


def _live(samples: Mapping[str, list[_Sample]], engine: str, names: _Names) -> float | None:
    """The count of tokens that moves while they come."""
    if engine == "llama.cpp":
        steps, busy = (_sum(samples, (f"llamacpp:{name}",)) for name in ("n_decode_total", "n_busy_slots_per_decode"))
        return None if steps is None or busy is None else steps * busy
    wanted = names.live_label
    chosen = {
        name: [sample for sample in samples[name] if wanted is None or sample[0].get(wanted[0]) == wanted[1]]
        for name in names.live
        if name in samples
    }
    return _sum(chosen, names.live)


def _sum(samples: Mapping[str, list[_Sample]], names: tuple[str, ...]) -> float | None:
    values = _values(samples, names)
    return sum(values) if values else None
