"""What this machine has: GPUs, memory and cores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

import psutil

from playground.engines.hardware.amd import AmdReader, AmdUnavailable
from playground.engines.hardware.gpu import Gpu
from playground.engines.hardware.nvidia import NvidiaReader, NvidiaUnavailable, Nvml

_GIB = 1 << 30
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Host:
    """The machine beside its GPUs: memory in bytes, and how many of it can be had without swapping; cores."""

    memory_total: int
    memory_available: int
    cores: int
    threads: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """What there is.

    Attributes:
        gpus: in the driver's order.
        vendor: whose they are.
        driver: its version; "" unknown.
        words: in a line for each GPU what it is, or one that says why there is none.
        host: memory and cores.
    """

    gpus: tuple[Gpu, ...]
    vendor: Literal["nvidia", "amd", "none"]
    driver: str
    words: tuple[str, ...]
    host: Host


class HardwareReader:
    """Reads the hardware again and again, cheaply: the driver's library stays open between readings.

    Use it with `with`, or call `close`. It may be used by one thread at a time.
    """

    def __init__(self, nvml: Nvml | None = None) -> None:
        """Find what can be asked; that there is nothing is not an error.

        Args:
            nvml: something that answers like the module `pynvml`; None that module.
        """
        self._reasons: dict[str, None] = {}  # in the order in which they came, each once
        self._reader: NvidiaReader | AmdReader | None = None
        self._vendor: Literal["nvidia", "amd", "none"] = "none"
        nvidia = self._try(lambda: NvidiaReader(nvml))
        if nvidia is not None:
            found = self._try(nvidia.read)
            if found:
                self._reader, self._vendor = nvidia, "nvidia"
                return
            nvidia.close()
            if found is not None:
                self._reasons["the NVIDIA driver is installed, but it finds no GPU"] = None
        amd = self._try(AmdReader)
        if amd is not None:
            self._reader, self._vendor = amd, "amd"

    def read(self) -> Hardware:
        """What there is now."""
        reader = self._reader
        gpus = () if reader is None else self._try(reader.read) or ()
        driver = "" if reader is None else reader.driver
        words = tuple(describe(gpu) for gpu in gpus)
        if not words:
            words = ("No GPU was found: " + "; ".join(self._reasons) + ".",)
        return Hardware(gpus, self._vendor if gpus else "none", driver if gpus else "", words, read_host())

    def close(self) -> None:
        """Let go of the driver."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
            self._reasons = {"the reader is closed": None}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _try(self, ask: Callable[[], _T]) -> _T | None:
        try:
            return ask()
        except (NvidiaUnavailable, AmdUnavailable) as error:
            self._reasons[str(error)] = None
            return None


def read_hardware(nvml: Nvml | None = None) -> Hardware:
    """What this machine has now. For reading it every few seconds, keep a `HardwareReader`."""
    with HardwareReader(nvml) as reader:
        return reader.read()


def read_host() -> Host:
    """Memory and cores of this machine."""
    memory = psutil.virtual_memory()
    threads = psutil.cpu_count() or 1
    return Host(memory.total, memory.available, psutil.cpu_count(logical=False) or threads, threads)


def describe(gpu: Gpu) -> str:
    """A GPU in one line: `GPU 0: NVIDIA H100 80GB HBM3, 79.6 GiB, 12.3 GiB free, 3 % busy`."""
    words = [f"GPU {gpu.index}: {gpu.name}"]
    if gpu.memory_total is not None:
        words.append(f"{gpu.memory_total / _GIB:.1f} GiB")
    if gpu.memory_free is not None:
        words.append(f"{gpu.memory_free / _GIB:.1f} GiB free")
    if gpu.utilisation is not None:
        words.append(f"{gpu.utilisation} % busy")
    if gpu.memory_total is None:
        words.append(f"its {gpu.missing[0]}" if gpu.missing else "its memory is unknown")
    return ", ".join(words)


def find_gpus() -> list[str]:
    """One line for each GPU; empty where there is none."""
    hardware = read_hardware()
    return list(hardware.words) if hardware.gpus else []
