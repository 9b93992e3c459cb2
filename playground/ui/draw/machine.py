"""This machine in a line or two: its GPUs and what they have free, or why there is none."""

from html import escape

from playground.engines.hardware.gpu import Gpu
from playground.engines.hardware.hardware import Hardware
from playground.ui.draw.numbers import plural

GIB = 2**30
SHOWN_PROCESSES = 4


def draw_machine(hardware: Hardware) -> str:
    """GPUs with their memory and who holds it; the processor and its memory beside."""
    host = hardware.host
    machine = (
        f"<span>{plural(host.cores, 'core')} · {host.memory_available / GIB:.1f} of {host.memory_total / GIB:.1f} GiB "
        "memory free</span>"
    )
    if not hardware.gpus:
        why = escape(" ".join(hardware.words))
        works = "Small models run on the CPU, with llama.cpp or a CPU build of vLLM or SGLang."
        return f"<div class='gpus'>{machine}<span>{why} {works}</span></div>"
    driver = f"<span>driver {escape(hardware.driver)}</span>" if hardware.driver else ""
    return f"<div class='gpus'>{''.join(map(_gpu, hardware.gpus))}{machine}{driver}</div>"


def _gpu(gpu: Gpu) -> str:
    total, used = gpu.memory_total, gpu.memory_used
    memory = "memory unknown"
    if total is not None and used is not None:
        label = f"Memory of GPU {gpu.index} in use"
        memory = (
            f"<meter min='0' max='{total}' value='{used}' aria-label='{label}'></meter>"
            f"{(total - used) / GIB:.1f} of {total / GIB:.1f} GiB free"
        )
    busy = f" · {gpu.utilisation} % busy" if gpu.utilisation is not None else ""
    able = f" · sm {gpu.compute_capability}" if gpu.compute_capability.replace(".", "").isdigit() else ""
    held = ", ".join(f"{each.name or 'process'} {each.pid}" for each in gpu.processes[:SHOWN_PROCESSES])
    title = f" title='held by {escape(held)}'" if held else ""
    return f"<span{title}><b>{gpu.index}: {escape(gpu.name)}</b> {memory}{busy}{able}</span>"
