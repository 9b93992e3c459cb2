"""This machine in a line: with the GPUs whose answers are made by hand (tests/data/nvml), and without any."""

from dataclasses import replace

import pytest

from playground.engines.hardware.gpu import Gpu, GpuProcess
from playground.engines.hardware.hardware import Hardware, Host, read_hardware
from playground.ui.draw.machine import SHOWN_PROCESSES, draw_machine
from tests.engines.hardware.nvml_answers import NvmlAnswers
from tests.ui.draw.hostile import HOSTILE, safe

HOST = Host(64 * 2**30, 16 * 2**30, 8, 16)


def test_two_gpus() -> None:
    hardware = read_hardware(NvmlAnswers.of("two-h100"))
    drawn = safe(draw_machine(hardware))
    assert "0: NVIDIA H100 80GB HBM3 12.0 of 79.6 GiB free · 97 % busy · sm 9.0" in drawn.text
    assert "1: NVIDIA H100 80GB HBM3 79.1 of 79.6 GiB free · 0 % busy" in drawn.text
    assert "driver 580.95.05" in drawn.text
    meters = [value for name, value in drawn.attributes if name == "aria-label"]
    assert meters == ["Memory of GPU 0 in use", "Memory of GPU 1 in use"]
    full, empty = (int(value) for name, value in drawn.attributes if name == "value")
    assert full > empty > 0
    held = [value for name, value in drawn.attributes if name == "title"]
    assert len(held) == 1
    assert "4002" in held[0]


def test_slices_and_what_a_driver_keeps_to_itself() -> None:
    hardware = read_hardware(NvmlAnswers.of("mig-and-secretive"))
    drawn = safe(draw_machine(hardware))
    assert drawn.text.count("GiB free") == sum(gpu.memory_used is not None for gpu in hardware.gpus)
    assert drawn.text.count("memory unknown") == sum(gpu.memory_used is None for gpu in hardware.gpus)
    assert drawn.text.count("busy") == sum(gpu.utilisation is not None for gpu in hardware.gpus)
    for gpu in hardware.gpus:
        assert gpu.name in drawn.text


def test_no_gpu_says_why_and_what_still_works() -> None:
    words = "No GPU was found: no NVIDIA driver: libnvidia-ml.so.1 is not there."
    drawn = safe(draw_machine(Hardware((), "none", "", (words,), HOST)))
    works = "Small models run on the CPU, with llama.cpp or a CPU build of vLLM or SGLang."
    assert drawn.text == f"8 cores · 16.0 of 64.0 GiB memory free{words} {works}"


def test_one_core_and_very_many_processes() -> None:
    processes = tuple(GpuProcess(pid, "", None) for pid in range(100, 130))
    gpu = Gpu(0, "A GPU", None, None, "gfx942", processes=processes)
    drawn = safe(draw_machine(Hardware((gpu,), "amd", "", ("A GPU",), replace(HOST, cores=1))))
    assert "1 core ·" in drawn.text
    assert "sm" not in drawn.text  # AMD's names are no compute capability
    assert dict(drawn.attributes)["title"].count("process") == SHOWN_PROCESSES


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str) -> None:
    gpu = Gpu(0, text, 10, 5, text, 5, (GpuProcess(1, text, 1),), text, (text,))
    safe(draw_machine(Hardware((gpu,), "nvidia", text, (text,), HOST)))
    safe(draw_machine(Hardware((), "none", text, (text,), HOST)))
