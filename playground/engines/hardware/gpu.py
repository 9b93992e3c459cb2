"""A GPU as its driver tells it."""

from dataclasses import dataclass
from typing import NamedTuple


class GpuProcess(NamedTuple):
    """A process that has memory on a GPU; `name` is "" and `memory` (bytes) None where it is not reported."""

    pid: int
    name: str
    memory: int | None


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU, or one slice of it (MIG).

    Attributes:
        index: the driver's number, by which an engine is told to use it; a slice has its GPU's.
        name: as the driver has it.
        memory_total, memory_free: bytes; None where the driver does not report it.
        compute_capability: `9.0`, or `gfx942`; "" unknown.
        utilisation: percent of the last moment in which something ran on it; None unknown.
        processes: those with memory on it, as far as this user may see them.
        uuid: names it for CUDA_VISIBLE_DEVICES; "" unknown.
        missing: what the driver does not report, each with its reason.
    """

    index: int
    name: str
    memory_total: int | None
    memory_free: int | None
    compute_capability: str = ""
    utilisation: int | None = None
    processes: tuple[GpuProcess, ...] = ()
    uuid: str = ""
    missing: tuple[str, ...] = ()

    @property
    def memory_used(self) -> int | None:
        """Bytes in use by all processes and the driver; None unknown."""
        if self.memory_total is None or self.memory_free is None:
            return None
        return self.memory_total - self.memory_free
