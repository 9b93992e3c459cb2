"""Times and rates of one exchange, as the field defines them (NVIDIA GenAI-Perf, vLLM's serving benchmark).

All times are seconds from the sending of the request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STALL_FLOOR_S = 0.1
STALL_FACTOR = 6


@dataclass(frozen=True, slots=True)
class Timings:
    """What was measured; None where it did not happen or cannot be known.

    Attributes:
        connect_s: when the connection stood; 0.0 where an open one was reused.
        headers_s, first_byte_s: when the response's head, and the first byte of its body, were here.
        first_reasoning_s, first_content_s, first_tool_call_s: the first non-empty delta of each kind.
        last_delta_s: the last delta of any kind.
        e2e_s: when the response was complete, or broke off.
        itl_s: the gaps between chunks that carry a delta. A chunk may hold several tokens.
        completion_tokens: from usage.
    """

    connect_s: float | None = None
    connection_reused: bool = False
    headers_s: float | None = None
    first_byte_s: float | None = None
    first_reasoning_s: float | None = None
    first_content_s: float | None = None
    first_tool_call_s: float | None = None
    last_delta_s: float | None = None
    e2e_s: float | None = None
    itl_s: tuple[float, ...] = ()
    completion_tokens: int | None = None

    @property
    def ttft_s(self) -> float | None:
        """From sending to the first non-empty content, reasoning or tool-call delta."""
        firsts = (self.first_reasoning_s, self.first_content_s, self.first_tool_call_s)
        return min((t for t in firsts if t is not None), default=None)

    @property
    def tpot_s(self) -> float | None:
        """Time for each output token after the first; None for one token, or without usage."""
        if self.ttft_s is None or self.e2e_s is None or not self.itl_s:
            return None
        if self.completion_tokens is None or self.completion_tokens <= 1:
            return None
        return (self.e2e_s - self.ttft_s) / (self.completion_tokens - 1)

    @property
    def output_tokens_per_s(self) -> float | None:
        """Tokens a second after the first one; never over the whole time."""
        return 1 / self.tpot_s if self.tpot_s else None

    def to_dict(self) -> dict[str, float | int | bool | None]:
        """The times as JSON, the gaps as their percentiles."""
        return {
            "connect_s": self.connect_s,
            "connection_reused": self.connection_reused,
            "headers_s": self.headers_s,
            "first_byte_s": self.first_byte_s,
            "first_reasoning_s": self.first_reasoning_s,
            "first_content_s": self.first_content_s,
            "first_tool_call_s": self.first_tool_call_s,
            "ttft_s": self.ttft_s,
            "e2e_s": self.e2e_s,
            "tpot_s": self.tpot_s,
            "output_tokens_per_s": self.output_tokens_per_s,
            "itl_p50_s": percentile(self.itl_s, 50),
            "itl_p95_s": percentile(self.itl_s, 95),
            "itl_p99_s": percentile(self.itl_s, 99),
            "stalls": len(stalls(self.itl_s)),
        }


def gaps(times_s: Sequence[float]) -> tuple[float, ...]:
    """The gaps between neighbouring times; one fewer than there are times."""
    return tuple(later - earlier for earlier, later in pairwise(times_s))


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The percentile with linear interpolation between ranks (as NumPy's default); None of nothing."""
    return percentiles(values, percent)[0]


def percentiles(values: Sequence[float], *percents: float) -> list[float | None]:
    """Several of the same values, which are put in order once."""
    if not values:
        return [None for _ in percents]
    ordered = sorted(values)
    return [_percentile(ordered, percent) for percent in percents]


def _percentile(ordered: Sequence[float], percent: float) -> float:
    rank = (len(ordered) - 1) * percent / 100
    below = int(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def stall_limit_s(itl_s: Sequence[float]) -> float:
    """A gap longer than this is a stall: six medians, and at least 100 ms (our definition)."""
    return max(STALL_FLOOR_S, STALL_FACTOR * (percentile(itl_s, 50) or 0.0))


def stalls(itl_s: Sequence[float]) -> tuple[float, ...]:
    """The gaps that are stalls."""
    limit = stall_limit_s(itl_s)
    return tuple(gap for gap in itl_s if gap > limit)
