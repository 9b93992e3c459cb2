"""How much else the machine did meanwhile: figures of a busy machine say little."""

import os
import threading
import time
from types import TracebackType
from typing import Self

import psutil

LOUD = 0.2  # CPUs
SAMPLE_S = 1.0


class Noise:
    """While it is entered, it adds up what our own processes use; the rest of the busy time is others'.

    A descendant that ends is counted by the kernel where its parents wait for it, which Chromium's do not: so the
    living ones are looked at once a second too, and the larger of the two sums counts.
    """

    def __init__(self) -> None:
        self.cpus = 0.0
        self._seen: dict[tuple[int, float], float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="noise", daemon=True)

    def __enter__(self) -> Self:
        self._start_s, self._busy_s, self._own_s = time.perf_counter(), _busy_s(), _own_s()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()
        own_s = max(_own_s() - self._own_s, sum(self._seen.values()))
        self.cpus = max(0.0, _busy_s() - self._busy_s - own_s) / (time.perf_counter() - self._start_s)

    def _watch(self) -> None:
        while not self._end.wait(SAMPLE_S):
            for process in psutil.Process().children(recursive=True):
                try:
                    times = process.cpu_times()
                    self._seen[process.pid, process.create_time()] = times.user + times.system
                except psutil.NoSuchProcess:
                    continue


def _busy_s() -> float:
    """Seconds that all CPUs together were busy since the machine started."""
    cpu = psutil.cpu_times()
    return float(sum(cpu) - cpu.idle - getattr(cpu, "iowait", 0.0) - getattr(cpu, "guest", 0.0))


def _own_s() -> float:
    """CPU seconds of this process and of its ended descendants."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system
