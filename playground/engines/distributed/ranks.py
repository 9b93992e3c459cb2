"""The arguments by which the processes of one server find each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engines.distributed.forms import bracketed

# vLLM's own default, and the port of SGLang's examples; both must be reachable between the machines.
PORTS = {"vllm": 29501, "sglang": 20000}
FLAGS = {
    "vllm": ("--nnodes", "-n", "--node-rank", "-r", "--master-addr", "--master-port", "--headless"),
    "sglang": ("--nnodes", "--node-rank", "--dist-init-addr", "--nccl-init-addr"),
}
SOURCES = {
    "vllm": "vllm 0.32.0: engine/arg_utils.py, entrypoints/launchers/cli_args.py",
    "sglang": "sglang 0.5.23: srt/arg_groups/fields/parallel.py, validation_hook.py",
}


@dataclass(frozen=True, slots=True)
class Ranks:
    """How many machines there are and where the leading one is; also as variables that a tool fills in."""

    engine: str
    count: str
    leader: str

    def words(self, rank: str, *, leads: bool) -> Sequence[str]:
        """The arguments of one machine; vLLM's others have no API of their own."""
        common = ("--nnodes", self.count, "--node-rank", rank)
        port = PORTS[self.engine]
        if self.engine == "sglang":
            return (*common, "--dist-init-addr", f"{bracketed(self.leader)}:{port}")
        headless = () if leads else ("--headless",)
        return (*common, "--master-addr", self.leader, "--master-port", str(port), *headless)
