"""Whether a model fits on this machine: its files, read once, against the hardware as it is now."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.fit import Fit, estimate_launch
from playground.engines.fit.hub import read_model
from playground.engines.fit.places import host_place, places
from playground.engines.fit.plan import Place
from playground.engines.hardware.hardware import Hardware, HardwareReader
from playground.engines.kinds.llama_cpp import gguf_file
from playground.engines.spec import LaunchSpec

KEPT = 50
FRESH_S = 1.5  # the page asks more often than the drivers need to be
GIB = 2**30
_ON_CPU = ("VLLM_CPU_KVCACHE_SPACE", "SGLANG_USE_CPU_ENGINE")


class Sizing:
    """Reads models and hardware; each model's facts are kept."""

    def __init__(self) -> None:
        self._facts: OrderedDict[tuple[str, str], ModelFacts] = OrderedDict()
        self._reader: HardwareReader | None = None
        self._hardware: Hardware | None = None
        self._read_at = 0.0

    def hardware(self) -> Hardware:
        """What this machine has now."""
        if self._reader is None:
            self._reader = HardwareReader()
        if self._hardware is None or time.monotonic() - self._read_at > FRESH_S:
            self._hardware, self._read_at = self._reader.read(), time.monotonic()
        return self._hardware

    async def fit(self, spec: LaunchSpec) -> Fit:
        """Work it out for this machine.

        Raises:
            ModelUnreadable: the model's files cannot be read.
            InvalidLaunch: a value of the specification that cannot be.
        """
        facts = await self._facts_of(spec)
        return estimate_launch(spec, facts, self._places(spec))

    async def _facts_of(self, spec: LaunchSpec) -> ModelFacts:
        key = (spec.model, spec.revision)
        if key not in self._facts:
            model = gguf_file(spec.model) if spec.model.endswith(".gguf") else spec.model
            self._facts[key] = await asyncio.to_thread(read_model, model, spec.revision)
            while len(self._facts) > KEPT:
                self._facts.popitem(last=False)
        return self._facts[key]

    def _places(self, spec: LaunchSpec) -> tuple[Place, ...]:
        """The GPUs; this machine's memory for what runs on the processor."""
        hardware = self.hardware()
        on_cpu = spec.engine == "llama_cpp" or "cpu" in spec.extra or any(name in spec.env for name in _ON_CPU)
        return (host_place(hardware.host),) if on_cpu else places(hardware)


def figures_of(fit: Fit) -> Mapping[str, float]:
    """An estimate under the names that engines' own figures have, for one GPU; {} where there is none."""
    if not fit.shares:
        return {}
    share = fit.shares[0]
    whole = sum(each.weights for each in fit.shares)
    return {
        "whole_bytes": whole,
        "weights_gib": share.weights / GIB,
        "kv_gib": share.kv / GIB,
        "context_length": fit.context,
    }
