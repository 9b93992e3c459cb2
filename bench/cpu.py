"""`cpu`: whether the server's work grows with the tokens and no faster."""

from collections.abc import Iterator
from statistics import median

from bench.figures import Figure
from bench.processes import Server, app, upstream
from bench.requests import exchange, form, new_visitor

PER_SECOND = 1000
TIMES = 10


def measure_cpu(*, quick: bool) -> Iterator[Figure]:
    """Ten times the tokens against one time, in each tab."""
    few, rounds = (300, 3) if quick else (1000, 5)
    with upstream(few, PER_SECOND) as source, app(source) as server:
        for tab in ("chat", "streaming"):
            spend(server, tab, few, 1)  # the first exchange of a process makes its connections
            small = spend(server, tab, few, rounds)
            large = spend(server, tab, few * TIMES, 1 if quick else 2)
            detail = f"{large:.3f} s / {small:.3f} s of CPU; {few * TIMES:,} / {few:,} tokens at {PER_SECOND:,}/s"
            yield Figure("cpu", f"{TIMES} times the tokens, {tab}", large / small, "x", 11, detail)


def spend(server: Server, tab: str, chunks: int, rounds: int) -> float:
    """The server's CPU seconds for one exchange, the median of so many."""
    spent, visitor = [], new_visitor(server)
    for _ in range(rounds):
        before = server.cpu_s()
        exchange(server, form(tab=tab, chunks=chunks, per_second=PER_SECOND), visitor)
        spent.append(server.cpu_s() - before)
    return median(spent)
