"""The hardware as places that a model goes to."""

from playground.engines.fit.plan import Place
from playground.engines.hardware.hardware import Hardware, Host


def places(hardware: Hardware) -> tuple[Place, ...]:
    """The GPUs whose memory is known, in the driver's order."""
    return tuple(
        Place(gpu.name, gpu.memory_total, gpu.memory_free)
        for gpu in hardware.gpus
        if gpu.memory_total is not None and gpu.memory_free is not None
    )


def host_place(host: Host) -> Place:
    """The memory beside the processor, for an engine that runs on it."""
    return Place("this machine's memory", host.memory_total, host.memory_available, "CPU")
