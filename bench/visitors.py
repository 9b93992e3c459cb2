"""`visitors`: fifty at once, against a bare route before the same upstream and against the upstream itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.processes import Server, app, load, relay, upstream
from bench.requests import chat, form
from playground.wire.metrics import percentile

PER_SECOND = 100
VISITORS = 50


@dataclass(frozen=True, slots=True)
class Crowd:
    """What fifty saw: the slowest end, the first tokens, and what the server spent."""

    last_s: float
    first_p50_s: float
    first_p95_s: float
    cpu_s: float


def measure_visitors(*, quick: bool) -> Iterator[Figure]:
    """All start in the same moment; the slowest counts."""
    chunks, rounds = (200, 1) if quick else (500, 3)
    own_s = chunks / PER_SECOND
    straight, bare_runs, ours = [], [], []
    with upstream(chunks, PER_SECOND) as source, relay(source) as bare, app(source) as server:
        crowd(server, f"{server.url}/gradio_api/exchange", [form()], chunks)  # the first of a process is slower
        for _ in range(rounds):
            bodies = [chat() for _ in range(VISITORS)]
            straight.append(crowd(source, f"{source.url}/v1/chat/completions", bodies, chunks))
            bare_runs.append(crowd(bare, f"{bare.url}/parsed", bodies, chunks))
            forms = [form() for _ in range(VISITORS)]
            ours.append(crowd(server, f"{server.url}/gradio_api/exchange", forms, chunks))
        rss_mb = server.rss_mb()
    app_, raw, base = _middle(ours), _middle(straight), _middle(bare_runs)
    of = f"{VISITORS} streams of {chunks} tokens at {PER_SECOND}/s, median of {rounds}"
    detail = f"{app_.last_s:.3f} s / {own_s:.3f} s; raw {raw.last_s:.3f} s, bare route {base.last_s:.3f} s; {of}"
    yield Figure("visitors", "slowest end / its own time", app_.last_s / own_s, "x", 1.06, detail)
    detail = f"raw {raw.first_p95_s:.3f} s, bare route {base.first_p95_s:.3f} s; p50 {app_.first_p50_s:.3f} s"
    yield Figure("visitors", "first token p95", app_.first_p95_s, "s", 0.15, detail)
    detail = f"{app_.cpu_s:.2f} s / {base.cpu_s:.2f} s"
    yield Figure("visitors", "server CPU / bare route", app_.cpu_s / base.cpu_s, "x", 1, detail)
    yield Figure("visitors", "memory of the app", rss_mb, "MB", 300, f"after {rounds * VISITORS} conversations")


def crowd(server: Server, url: str, bodies: Sequence[dict[str, Any]], chunks: int) -> Crowd:
    """One run.

    Raises:
        RuntimeError: a stream that lost or doubled tokens.
    """
    before = server.cpu_s()
    seen = load(url, bodies)
    cpu_s = server.cpu_s() - before
    if wrong := [one["tokens"] for one in seen if one["tokens"] != chunks]:
        raise RuntimeError(f"{url}: {wrong} tokens, not {chunks}")
    firsts = [one["first_s"] for one in seen]
    return Crowd(
        max(one["last_s"] for one in seen), percentile(firsts, 50) or 0.0, percentile(firsts, 95) or 0.0, cpu_s
    )


def _middle(runs: Sequence[Crowd]) -> Crowd:
    return Crowd(
        median(run.last_s for run in runs),
        median(run.first_p50_s for run in runs),
        median(run.first_p95_s for run in runs),
        median(run.cpu_s for run in runs),
    )
