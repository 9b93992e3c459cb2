"""NVIDIA GPUs, through NVML: the library of the driver that nvidia-smi asks too (package `nvidia-ml-py`)."""

# ruff: noqa: N802 - the names are NVML's

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import psutil
import pynvml  # type: ignore[import-untyped]  # it ships no types

from playground.engines.hardware.gpu import Gpu, GpuProcess

_T = TypeVar("_T")
_LIBRARY = "libnvidia-ml.so.1"


class Nvml(Protocol):
    """The functions of `pynvml` that are used here; each raises `pynvml.NVMLError`."""

    def nvmlInit(self) -> Any:
        """Load the driver's library."""

    def nvmlShutdown(self) -> Any:
        """Let go of it."""

    def nvmlSystemGetDriverVersion(self) -> str:
        """`580.95.05`."""

    def nvmlDeviceGetCount(self) -> int:
        """How many GPUs."""

    def nvmlDeviceGetHandleByIndex(self, index: int, /) -> Any:
        """What the others ask about."""

    def nvmlDeviceGetName(self, handle: Any, /) -> str:
        """As it is sold."""

    def nvmlDeviceGetUUID(self, handle: Any, /) -> str:
        """`GPU-…` or `MIG-…`."""

    def nvmlDeviceGetMemoryInfo(self, handle: Any, /) -> Any:
        """`total`, `free`, `used`, in bytes."""

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any, /) -> Any:
        """Major and minor."""

    def nvmlDeviceGetUtilizationRates(self, handle: Any, /) -> Any:
        """`gpu` and `memory`, in percent."""

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any, /) -> Any:
        """A list of `pid` and `usedGpuMemory`, bytes or None."""

    def nvmlDeviceGetMigMode(self, handle: Any, /) -> Any:
        """Current and pending."""

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any, /) -> int:
        """How many slices there can be."""

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, index: int, /) -> Any:
        """A slice."""


class NvidiaUnavailable(Exception):
    """NVML cannot be asked; the message says why, in words that can be shown."""


class NvidiaReader:
    """Keeps NVML open, so that one reading takes a millisecond or so; `close` lets go of it."""

    def __init__(self, nvml: Nvml | None = None) -> None:
        """Open NVML.

        Args:
            nvml: something that answers like the module `pynvml`; None that module.

        Raises:
            NvidiaUnavailable: there is no driver, or it does not answer.
        """
        nvml = self._nvml = nvml or pynvml
        try:
            nvml.nvmlInit()
        except pynvml.NVMLError as error:
            raise NvidiaUnavailable(_why(error)) from error
        self.driver = _asked(nvml.nvmlSystemGetDriverVersion, "", [], "driver version")

    def read(self) -> tuple[Gpu, ...]:
        """The GPUs now; of one that is cut into slices (MIG), its slices.

        Raises:
            NvidiaUnavailable: the driver went away.
        """
        try:
            gpus: list[Gpu] = []
            for index in range(self._nvml.nvmlDeviceGetCount()):
                handle = self._nvml.nvmlDeviceGetHandleByIndex(index)
                gpus += self._slices(index, handle) or [self._gpu(index, handle)]
            return tuple(gpus)
        except pynvml.NVMLError as error:
            raise NvidiaUnavailable(_why(error)) from error

    def close(self) -> None:
        """Let go of NVML; harmless the second time."""
        try:
            self._nvml.nvmlShutdown()
        except pynvml.NVMLError:
            return

    def _slices(self, index: int, handle: Any) -> list[Gpu]:
        """The slices of a GPU; none where it is whole, or where NVML does not tell."""
        nvml, slices = self._nvml, []
        try:
            if nvml.nvmlDeviceGetMigMode(handle)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
                return []
            most = nvml.nvmlDeviceGetMaxMigDeviceCount(handle)
        except pynvml.NVMLError:
            return []
        for number in range(most):
            try:
                part = nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, number)
            except pynvml.NVMLError:
                continue  # the places of slices need not all be taken
            slices.append(self._gpu(index, part, whole=handle))
        return slices

    def _gpu(self, index: int, handle: Any, whole: Any = None) -> Gpu:
        """A GPU or a slice; what a slice cannot be asked is asked of its GPU, `whole`."""
        nvml, missing = self._nvml, list[str]()
        memory = _asked(lambda: nvml.nvmlDeviceGetMemoryInfo(handle), None, missing, "memory")
        capability = _asked(
            lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle if whole is None else whole),
            None,
            missing,
            "compute capability",
        )
        rates = _asked(lambda: nvml.nvmlDeviceGetUtilizationRates(handle), None, missing, "utilisation")
        found: Any = _asked(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle), [], missing, "processes")
        return Gpu(
            index=index,
            name=_asked(lambda: nvml.nvmlDeviceGetName(handle), "NVIDIA GPU", missing, "name"),
            memory_total=None if memory is None else int(memory.total),
            memory_free=None if memory is None else int(memory.free),
            compute_capability="" if capability is None else ".".join(str(part) for part in capability),
            utilisation=None if rates is None else int(rates.gpu),
            processes=tuple(GpuProcess(one.pid, process_name(one.pid), one.usedGpuMemory) for one in found),
            uuid=_asked(lambda: nvml.nvmlDeviceGetUUID(handle), "", missing, "UUID"),
            missing=tuple(missing),
        )


def process_name(pid: int) -> str:
    """The name of a process of this machine; "" if it cannot be seen from here, as out of a container."""
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""


def _asked(ask: Callable[[], _T], otherwise: _T, missing: list[str], what: str) -> _T:
    """An answer of NVML, or `otherwise`, with the reason in `missing`: not every GPU tells everything to everyone."""
    try:
        return ask()
    except pynvml.NVMLError as error:
        missing.append(f"{what}: {error}")
        return otherwise


def _why(error: Exception) -> str:
    code = getattr(error, "value", None)
    if code == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return f"no NVIDIA driver: {_LIBRARY} is not there"
    if code == pynvml.NVML_ERROR_DRIVER_NOT_LOADED:
        return "the NVIDIA driver is installed but not loaded (nvidia-smi says the same)"
    if code == pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH:
        return "the NVIDIA driver and its library are of different versions: restart the machine"
    if code == pynvml.NVML_ERROR_NO_PERMISSION:
        return "this user has no access to the NVIDIA driver (/dev/nvidiactl)"
    return f"the NVIDIA driver does not respond: {error}"
