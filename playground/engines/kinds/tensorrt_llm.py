"""TensorRT-LLM: its command. Not run here: the facts are those of its documentation."""

from collections.abc import Iterator, Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.kinds.loading import read_signs, sign
from playground.engines.kinds.words import PYTHON_ENV, in_container, many, require, resolved, unsupported
from playground.engines.spec import LaunchSpec
from playground.phases import Phase

_SIGNS = (
    sign(r"Application startup complete|Uvicorn running on", Phase.READY, 1.0, "ready"),
    sign(r"Loading safetensors weights|Loading weights", Phase.LOADING, bar=True),
)


class TensorRTLLM:
    """https://nvidia.github.io/TensorRT-LLM."""

    name = "tensorrt_llm"
    title = "TensorRT-LLM"
    default_port = 8000
    health_path = "/health"
    launchable = True
    needs = "the image nvcr.io/nvidia/tensorrt-llm/release, or pip install tensorrt-llm; an NVIDIA GPU"
    source = "TensorRT-LLM's repository: tensorrt_llm/commands/serve.py"
    programs: tuple[str, ...] = ("trtllm-serve",)
    distributions: tuple[str, ...] = ("tensorrt-llm", "tensorrt_llm")
    images: tuple[str, ...] = ("nvidia/tensorrt-llm/release",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`trtllm-serve MODEL …`; it has no key of its own."""
        require(self.title, installation, "program", "container")
        unsupported(
            self.title,
            spec,
            *("api_key", "served_name", "data_parallel", "dtype", "kv_cache_dtype", "quantization"),
        )
        if installation.kind == "container":
            words = ("trtllm-serve", *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, words, env=PYTHON_ENV)
        argv = (*installation.program, *self._arguments(spec, spec.host, port))
        return Command(argv, {**PYTHON_ENV, **spec.env})

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        yield resolved(spec.model)
        # Its options have underscores.
        values = {
            "--host": host,
            "--port": port,
            "--tp_size": many(spec.tensor_parallel),
            "--pp_size": many(spec.pipeline_parallel),
            "--revision": spec.revision,
            "--kv_cache_free_gpu_memory_fraction": spec.memory_fraction,
            "--max_seq_len": spec.context_length,
            "--tool_parser": spec.tool_parser,
            "--reasoning_parser": spec.reasoning_parser,
            "--chat_template": resolved(spec.chat_template),
        }
        for option, value in values.items():
            if value not in (None, ""):
                yield from (option, str(value))
        if spec.trust_remote_code:
            yield "--trust_remote_code"
        yield from spec.extra

    def read(self, line: str) -> Progress | None:
        """Weights and readiness only."""
        return read_signs(_SIGNS, line)

    def figures(self, line: str) -> Mapping[str, float]:  # noqa: ARG002 - the protocol's signature
        """None that is known."""
        return {}

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """Tool calls and reasoning want a parser."""
        return Capabilities(tools=bool(spec.tool_parser), reasoning=bool(spec.reasoning_parser), json_schema=None)
