"""The programs that distributed launches are written for, each in an environment of its own, made when it is missing.

Standard library only but for the cache's place, as in engine.py. They are 130 to 460 MB each.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from playground.engines.embedded.models import default_cache_dir
from tests.real_engines.commands import call


@dataclass(frozen=True)
class Tool:
    """One package in one version."""

    package: str
    version: str

    @property
    def folder(self) -> Path:
        """Its environment."""
        return default_cache_dir().parent / "tools" / f"{self.package}-{self.version}"

    def program(self, name: str) -> Path:
        """A program of its environment."""
        return self.folder / "bin" / name

    def install(self) -> str:
        """Makes the environment where it is missing; why it cannot be made, or ""."""
        whole = self.folder / ".whole"
        if whole.is_file():
            return ""
        steps = (
            (sys.executable, "-m", "venv", self.folder),
            (self.program("python"), "-m", "pip", "install", "--quiet", f"{self.package}=={self.version}"),
        )
        for step in steps:
            status, said = call(*step)
            if status != 0:
                return said.strip()[-300:]
        whole.touch()
        return ""


SGLANG_ROUTER = Tool("sglang-router", "0.3.2")
VLLM_ROUTER = Tool("vllm-router", "0.1.17")
SKYPILOT = Tool("skypilot", "0.14.1")
RAY = Tool("ray", "2.60.0")
TOOLS = (SGLANG_ROUTER, VLLM_ROUTER, SKYPILOT, RAY)
