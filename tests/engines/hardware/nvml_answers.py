"""Something that answers like the module `pynvml`, out of a file of `tests/data/nvml`."""

# ruff: noqa: N802 - the names are NVML's

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml  # type: ignore[import-untyped]  # it ships no types

ANSWERS = Path(__file__).parents[2] / "data" / "nvml"


class NvmlAnswers:
    """NVML's functions, as far as they are used; a handle is the device's object."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.opened = 0

    @classmethod
    def of(cls, name: str) -> "NvmlAnswers":
        return cls(json.loads((ANSWERS / f"{name}.json").read_text()))

    def nvmlInit(self) -> None:
        if self.answers["init"]:
            raise pynvml.NVMLError(self.answers["init"])
        self.opened += 1

    def nvmlShutdown(self) -> None:
        if not self.opened:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> str:
        return str(self.answers["driver"])

    def nvmlDeviceGetCount(self) -> int:
        if self.answers.get("lost"):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return len(self.answers["devices"])

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:
        return self.answers["devices"][index]

    def nvmlDeviceGetName(self, handle: Any) -> Any:
        return _given(handle["name"])

    def nvmlDeviceGetUUID(self, handle: Any) -> Any:
        return _given(handle["uuid"])

    def nvmlDeviceGetMemoryInfo(self, handle: Any) -> Any:
        return SimpleNamespace(**_given(handle["memory"]))

    def nvmlDeviceGetCudaComputeCapability(self, handle: Any) -> Any:
        return tuple(_given(handle["capability"]))

    def nvmlDeviceGetUtilizationRates(self, handle: Any) -> Any:
        return SimpleNamespace(**_given(handle["utilization"]))

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any) -> Any:
        return [SimpleNamespace(**one) for one in _given(handle["processes"])]

    def nvmlDeviceGetMigMode(self, handle: Any) -> Any:
        return _given(handle["mig_mode"])

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: Any) -> int:
        return len(handle["slices"])

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: Any, number: int) -> Any:
        return _given(handle["slices"][number])


def _given(value: Any) -> Any:
    if isinstance(value, dict) and "error" in value:
        raise pynvml.NVMLError(value["error"])
    return value
