"""A bound on work that holds on any machine: CPU time, counted in units that are measured in the same run."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

STEPS = 1_000_000


def unit_s() -> float:
    """CPU seconds of a fixed loop: some 0.05 s on a desk."""
    start = process_time()
    number = 1
    for step in range(STEPS):
        number = (number * 5 + step) & 0xFFFF
    return process_time() - start


@contextmanager
def effort(at_most: float) -> Iterator[None]:
    """The block may cost this many units: far more than it does, far less than what it cost before it was mended.

    The machine's speed is taken before and after, and the slower one counts: another may have used it meanwhile.

    Raises:
        AssertionError: it cost more.
    """
    before = unit_s()
    start = process_time()
    yield
    spent = process_time() - start
    units = spent / max(before, unit_s())
    assert units < at_most, f"{units:.0f} units of work ({spent:.2f} s), where {at_most} are the most"
