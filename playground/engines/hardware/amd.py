"""AMD GPUs, through the tools of ROCm: amd-smi, or rocm-smi where only that is there.

The shapes of their JSON are those of AMD's documentation; they differ between releases (a list, or an object with
`gpu_data`; a number, or an object with `value` and `unit`; "N/A" for what is not known).
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from playground.engines.hardware.gpu import Gpu, GpuProcess
from playground.environment import child_environment

_TIMEOUT_S = 5.0
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}  # the tools divide by powers of 1,024
_STATIC = ("static", "--asic", "--driver", "--json")
_METRIC = ("metric", "--usage", "--mem-usage", "--json")
_PROCESS = ("process", "--general", "--json")
_ROCM = ("--showproductname", "--showmeminfo", "vram", "--showuse", "--showdriverversion", "--json")


class AmdUnavailable(Exception):
    """There is no tool of AMD's, or it does not answer; the message says so, in words that can be shown."""


class AmdReader:
    """Asks the tool once for what stays, then for what changes: about half a second each time."""

    def __init__(self) -> None:
        """Find the tool.

        Raises:
            AmdUnavailable: there is none, or it does not answer.
        """
        self._smi = shutil.which("amd-smi")
        self._rocm = shutil.which("rocm-smi")
        if self._smi is None and self._rocm is None:
            raise AmdUnavailable("no AMD driver tools: neither amd-smi nor rocm-smi is on PATH")
        self._static: dict[int, Mapping[str, Any]] = {}
        self.driver = ""
        if self._smi is not None:
            self._static = {row["gpu"]: row for row in _rows(_ask(self._smi, *_STATIC))}
            self.driver = next(
                (str(_at(row, "driver", "version")) for row in self._static.values() if _at(row, "driver", "version")),
                "",
            )
        else:
            self.read()

    def read(self) -> tuple[Gpu, ...]:
        """The GPUs now.

        Raises:
            AmdUnavailable: the tool does not answer.
        """
        if self._smi is None:
            answer = _ask(str(self._rocm), *_ROCM)
            self.driver, gpus = read_rocm_smi(answer)
            return gpus
        try:
            processes = _ask(self._smi, *_PROCESS)
        except AmdUnavailable:
            processes = []  # some releases refuse it to a user without rights; the rest is worth having
        return read_amd_smi(self._static, _ask(self._smi, *_METRIC), processes)

    def close(self) -> None:
        """Nothing is kept open."""


def read_amd_smi(static: Mapping[int, Mapping[str, Any]], metric: Any, process: Any) -> tuple[Gpu, ...]:
    """The GPUs in the answers of `amd-smi static`, `metric` and `process`."""
    running = {row["gpu"]: tuple(_processes(row.get("process_list"))) for row in _rows(process)}
    gpus = []
    for row in _rows(metric):
        index, fixed = row["gpu"], static.get(row["gpu"], {})
        total, used = _amount(_at(row, "mem_usage", "total_vram")), _amount(_at(row, "mem_usage", "used_vram"))
        busy = _amount(_at(row, "usage", "gfx_activity"))
        gpus.append(
            Gpu(
                index=index,
                name=str(_at(fixed, "asic", "market_name") or "AMD GPU"),
                memory_total=total,
                memory_free=None if total is None or used is None else total - used,
                compute_capability=str(_at(fixed, "asic", "target_graphics_version") or ""),
                utilisation=busy,
                processes=running.get(index, ()),
                missing=_missing(memory=total, utilisation=busy),
            )
        )
    return tuple(gpus)


def read_rocm_smi(answer: Any) -> tuple[str, tuple[Gpu, ...]]:
    """The driver's version and the GPUs in an answer of `rocm-smi`, whose numbers are texts; it tells no processes."""
    cards = answer if isinstance(answer, Mapping) else {}
    gpus = []
    for name, row in cards.items():
        found = re.fullmatch(r"card(\d+)", name)
        if found is None or not isinstance(row, Mapping):
            continue
        fields = {key.lower(): value for key, value in row.items()}  # "Card series", later "Card Series"
        total, used = _whole(fields.get("vram total memory (b)")), _whole(fields.get("vram total used memory (b)"))
        busy = _whole(fields.get("gpu use (%)"))
        gpus.append(
            Gpu(
                index=int(found[1]),
                name=str(fields.get("card series") or "AMD GPU"),
                memory_total=total,
                memory_free=None if total is None or used is None else total - used,
                compute_capability=str(fields.get("gfx version") or ""),
                utilisation=busy,
                missing=(
                    *_missing(memory=total, utilisation=busy),
                    "processes: rocm-smi does not say whose GPU is which",
                ),
            )
        )
    return str(_at(cards, "system", "Driver version") or ""), tuple(sorted(gpus, key=lambda gpu: gpu.index))


def _ask(program: str, *arguments: str) -> Any:
    name = program.rsplit("/", 1)[-1]
    try:
        said = subprocess.run(  # noqa: S603 - a program of PATH and constants
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
            env=child_environment(),
        )
        return json.loads(said.stdout)
    except subprocess.CalledProcessError as error:
        told = (error.stderr or error.stdout or "").strip().splitlines()
        raise AmdUnavailable(f"{name} failed: {told[-1] if told else f'status {error.returncode}'}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AmdUnavailable(f"{name} does not respond: {error}") from error
    except ValueError as error:
        raise AmdUnavailable(f"{name} answered with something that is not valid JSON: {error}") from error


def _rows(answer: Any) -> Iterator[Mapping[str, Any]]:
    rows = answer.get("gpu_data") if isinstance(answer, Mapping) else answer
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and isinstance(row.get("gpu"), int):
            yield row


def _processes(rows: Any) -> Iterator[GpuProcess]:
    for row in rows if isinstance(rows, list) else ():
        info = row.get("process_info", row) if isinstance(row, Mapping) else None
        if isinstance(info, Mapping) and isinstance(info.get("pid"), int):
            memory = _amount(_at(info, "memory_usage", "vram_mem"))
            yield GpuProcess(info["pid"], str(info.get("name") or ""), memory)


def _at(row: Any, *names: str) -> Any:
    """The value below these names; None where there is none, or it is N/A."""
    for name in names:
        row = row.get(name) if isinstance(row, Mapping) else None
    return None if row == "N/A" else row


def _amount(value: Any) -> int | None:
    """A number, or an object of value and unit; in bytes where the unit is one of bytes."""
    if isinstance(value, Mapping):
        number = _whole(value.get("value"))
        return None if number is None else number * _UNITS.get(str(value.get("unit")), 1)
    return _whole(value)


def _whole(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return None


def _missing(**values: int | None) -> tuple[str, ...]:
    return tuple(f"{name}: the driver does not report it" for name, value in values.items() if value is None)
