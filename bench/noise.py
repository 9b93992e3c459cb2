"""How much else the machine did meanwhile: figures of a busy machine say little."""

import os
import time

import psutil

LOUD = 0.2  # CPUs


class Noise:
    """Begin it, do the work, and ask."""

    def __init__(self) -> None:
        self._start = _now()

    def cpus(self) -> float:
        """CPUs that others kept busy since; our own ended descendants do not count."""
        wall_s, busy_s, own_s = (now - then for now, then in zip(_now(), self._start, strict=True))
        return max(0.0, busy_s - own_s) / wall_s


def _now() -> tuple[float, float, float]:
    """Wall, busy (of all CPUs) and own seconds."""
    cpu, own = psutil.cpu_times(), os.times()
    busy_s = sum(cpu) - cpu.idle - getattr(cpu, "iowait", 0.0) - getattr(cpu, "guest", 0.0)
    return time.perf_counter(), busy_s, own.user + own.system + own.children_user + own.children_system
