"""What this machine has: GPUs, and engines on the PATH."""

import shutil
import subprocess

_ASK_S = 5.0
_ASKED = (
    ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"),
    ("rocm-smi", "--showproductname", "--csv"),
)
_ENGINES = ("sglang", "vllm", "llama-server", "lmdeploy", "trtllm-serve")


def find_gpus() -> list[str]:
    """One line for each GPU, as its vendor's tool names it; empty without a GPU or without the tool."""
    found: list[str] = []
    for tool, *arguments in _ASKED:
        path = shutil.which(tool)
        if path is None:
            continue
        try:
            said = subprocess.run(  # noqa: S603 - a constant list
                [path, *arguments], capture_output=True, text=True, timeout=_ASK_S, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue
        lines = [line.strip() for line in said.stdout.splitlines() if line.strip()]
        found += lines[1:] if tool == "rocm-smi" else lines
    return found


def find_engines() -> dict[str, str]:
    """The engines on the PATH: name to program."""
    return {name: path for name in _ENGINES if (path := shutil.which(name)) is not None}
