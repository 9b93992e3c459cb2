"""What this machine has: NVML's answers are made by hand (tests/data/nvml), AMD's tools are programs that answer so."""

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from playground.engines.fit.places import host_place, places
from playground.engines.hardware.amd import read_amd_smi, read_rocm_smi
from playground.engines.hardware.gpu import Gpu, GpuProcess
from playground.engines.hardware.hardware import HardwareReader, describe, find_gpus, read_hardware
from tests.engines.hardware.nvml_answers import NvmlAnswers

AMD = Path(__file__).parents[2] / "data" / "amd"
NO_NVIDIA = NvmlAnswers({"init": 12})


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def install_amd_smi(folder: Path, script: str = 'cat "$1"') -> None:
    """An amd-smi that answers with the file of its command."""
    install(folder, "amd-smi", f'PATH=/usr/bin:/bin; cd {AMD}; set -- "amd-smi-$1.json"; {script}')


def test_two_gpus_of_different_fill() -> None:
    nvml = NvmlAnswers.of("two-h100")
    nvml.answers["devices"][0]["processes"][0]["pid"] = os.getpid()
    hardware = read_hardware(nvml)
    assert (hardware.vendor, hardware.driver) == ("nvidia", "580.95.05")
    full, empty = hardware.gpus
    assert (full.index, full.name, full.compute_capability) == (0, "NVIDIA H100 80GB HBM3", "9.0")
    assert (full.memory_total, full.memory_free, full.memory_used) == (85_520_809_984, 12_884_901_888, 72_635_908_096)
    assert (full.utilisation, empty.utilisation) == (97, 0)
    name = psutil.Process().name()
    assert full.processes == (GpuProcess(os.getpid(), name, 71_940_702_208), GpuProcess(4002, "", None))
    assert (empty.memory_free, empty.processes, empty.missing) == (84_934_656_000, (), ())
    assert hardware.words == (
        "GPU 0: NVIDIA H100 80GB HBM3, 79.6 GiB, 12.0 GiB free, 97 % busy",
        "GPU 1: NVIDIA H100 80GB HBM3, 79.6 GiB, 79.1 GiB free, 0 % busy",
    )
    assert nvml.opened == 0


def test_slices_and_what_a_driver_does_not_tell() -> None:
    hardware = read_hardware(NvmlAnswers.of("mig-and-secretive"))
    first, second, whole = hardware.gpus
    assert (first.index, second.index, whole.index) == (0, 0, 1)
    assert first.name == "NVIDIA A100-SXM4-80GB MIG 3g.40gb"
    assert first.uuid.startswith("MIG-")
    assert (first.memory_total, first.memory_free, first.compute_capability) == (42_298_834_944, 42_241_163_264, "8.0")
    assert first.missing == ("utilisation: Not Supported",)
    assert second.missing == ("utilisation: Not Supported", "processes: Insufficient Permissions")
    assert (whole.memory_total, whole.memory_used, whole.utilisation) == (None, None, 5)
    assert hardware.words[2] == "GPU 1: NVIDIA GB10, 5 % busy, its memory: Not Supported"
    assert [place.name for place in places(hardware)] == ["NVIDIA A100-SXM4-80GB MIG 3g.40gb"] * 2


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        (12, "no NVIDIA driver: libnvidia-ml.so.1 is not there"),
        (9, "the NVIDIA driver is installed but not loaded"),
        (18, "the NVIDIA driver and its library are of different versions"),
        (4, "this user has no access to the NVIDIA driver"),
        (999, "the NVIDIA driver does not respond: "),
    ],
)
def test_it_says_why_there_is_nothing(code: int, words: str) -> None:
    hardware = read_hardware(NvmlAnswers({"init": code}))
    assert (hardware.gpus, hardware.vendor, hardware.driver) == ((), "none", "")
    assert hardware.words[0].startswith(f"No GPU was found: {words}")
    assert hardware.words[0].endswith("no AMD driver tools: neither amd-smi nor rocm-smi is on PATH.")


@pytest.mark.usefixtures("programs")
def test_a_driver_without_a_gpu_and_one_that_goes_away() -> None:
    none = read_hardware(NvmlAnswers({"init": 0, "driver": "580", "devices": []}))
    assert none.words[0].startswith("No GPU was found: the NVIDIA driver is installed, but it finds no GPU; no AMD")
    nvml = NvmlAnswers.of("two-h100")
    with HardwareReader(nvml) as reader:
        assert len(reader.read().gpus) == 2
        nvml.answers["lost"] = True
        lost = reader.read()
        assert (lost.gpus, lost.vendor) == ((), "none")
        assert lost.words == ("No GPU was found: the NVIDIA driver does not respond: GPU is lost.",)
        nvml.answers["lost"] = False
        assert len(reader.read().gpus) == 2
    assert reader.read().words == ("No GPU was found: the reader is closed.",)


def test_the_machine_beside_its_gpus() -> None:
    host = read_hardware(NO_NVIDIA).host
    assert 0 < host.memory_available <= host.memory_total == psutil.virtual_memory().total
    assert 1 <= host.cores <= host.threads
    place = host_place(host)
    assert (place.name, place.total, place.kind) == ("this machine's memory", host.memory_total, "CPU")


def test_amd_smi(programs: Path) -> None:
    install_amd_smi(programs)
    hardware = read_hardware(NO_NVIDIA)
    assert (hardware.vendor, hardware.driver) == ("amd", "6.12.12")
    full, empty = hardware.gpus
    assert (full.name, full.compute_capability, full.utilisation) == ("AMD Instinct MI300X", "gfx942", 94)
    assert (full.memory_total, full.memory_free) == (196_592 << 20, 25_062 << 20)
    assert full.processes == (GpuProcess(4001, "python3", 179_000_000_000),)
    assert (empty.processes, empty.utilisation) == ((), None)
    assert empty.missing == ("utilisation: the driver does not report it",)


def test_amd_smi_that_refuses_the_processes(programs: Path) -> None:
    install_amd_smi(programs, 'case $1 in *process*) exit 13;; esac; cat "$1"')
    hardware = read_hardware(NO_NVIDIA)
    assert [gpu.processes for gpu in hardware.gpus] == [(), ()]
    assert hardware.gpus[0].memory_total == 196_592 << 20


def test_amd_smi_in_its_older_shape() -> None:
    rows = json.loads((AMD / "amd-smi-metric.json").read_text())["gpu_data"]
    running = [{"gpu": 0, "process_list": [{"name": "vllm", "pid": 7, "memory_usage": {"vram_mem": "N/A"}}]}, "?"]
    first, second = read_amd_smi({}, [*rows, {"gpu": "?"}], running)
    assert (first.name, first.memory_free) == ("AMD GPU", 25_062 << 20)
    assert (first.processes, second.processes) == ((GpuProcess(7, "vllm", None),), ())
    assert read_amd_smi({}, "no list", None) == ()
    assert read_rocm_smi([]) == ("", ())
    assert read_rocm_smi({"card0": {}, "cards": {}})[1][0].missing[0] == "memory: the driver does not report it"


def test_rocm_smi(programs: Path) -> None:
    install(programs, "rocm-smi", f"/bin/cat {AMD}/rocm-smi.json")
    hardware = read_hardware(NO_NVIDIA)
    assert (hardware.vendor, hardware.driver) == ("amd", "6.7.0")
    first, second = hardware.gpus
    assert (first.index, first.name, first.utilisation) == (0, "AMD Radeon RX 7900 XTX", 88)
    assert (first.memory_total, first.memory_used) == (25_753_026_560, 12_000_000_000)
    assert (second.compute_capability, second.utilisation) == ("gfx1100", None)
    assert find_gpus() == list(hardware.words)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'no amdgpu module' >&2; exit 1", "amd-smi failed: no amdgpu module"),
        ("exit 7", "amd-smi failed: status 7"),
        ("echo hello", "amd-smi answered with something that is not valid JSON"),
    ],
)
def test_a_tool_that_fails(programs: Path, script: str, words: str) -> None:
    install(programs, "amd-smi", script)
    assert words in read_hardware(NO_NVIDIA).words[0]
    assert find_gpus() == []


def test_a_program_that_cannot_be_run(programs: Path) -> None:
    (programs / "rocm-smi").write_text("#!/nowhere/sh\n")
    (programs / "rocm-smi").chmod(0o755)
    assert "rocm-smi does not respond" in read_hardware(NO_NVIDIA).words[0]


def test_a_gpu_that_tells_nothing() -> None:
    assert describe(Gpu(3, "a card", None, None)) == "GPU 3: a card, its memory is unknown"


@pytest.mark.gpu
def test_the_real_gpu() -> None:
    hardware = read_hardware()
    if not hardware.gpus:
        pytest.skip(hardware.words[0])
    assert hardware.driver
    for gpu in hardware.gpus:
        assert gpu.name
        if gpu.memory_total is not None and gpu.memory_free is not None:
            assert 0 <= gpu.memory_free <= gpu.memory_total
            assert gpu.memory_total > 1 << 30
    with HardwareReader() as reader:
        reader.read()
        started = time.perf_counter()
        assert len(reader.read().gpus) == len(hardware.gpus)
        assert time.perf_counter() - started < 2
