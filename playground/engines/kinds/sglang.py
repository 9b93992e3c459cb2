"""SGLang: its command, its log.

The arguments are those of `sglang serve --help` 0.5.23; the log's lines are recorded from it on a CPU, and those of a
GPU read in its source.
"""

from collections.abc import Iterator, Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress, SecretFile
from playground.engines.kinds.loading import figure, read_figures, read_signs, sign
from playground.engines.kinds.words import PYTHON_ENV, in_container, many, options, require, resolved
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from playground.phases import Phase

KEY = "SGLANG_API_KEY"
# SGLang reads a key from `--api-key` or a `--config` file only; the file's words never stand in a process list. It
# prints them, though: the line `server_args={…}` of its log holds the key, which `LogStore` masks.
KEY_FILE = SecretFile("<sglang-key.yaml>", KEY, ".yaml", "api-key: {secret}\n")
_SIGNS = (
    sign(r"The server is fired up and ready to roll", Phase.READY, 1.0, "ready"),
    sign(r"Capturing batches|Capturing num tokens", Phase.CAPTURING, bar=True),
    sign(r"Capture [\w ]{0,40}graph begin|Capture cpu graph", Phase.CAPTURING),
    sign(r"Capture [\w ]{0,40}graph end", Phase.CAPTURING, 1.0),
    sign(r"max_total_num_tokens=\d+", Phase.KV_CACHE, 1.0),
    sign(r"KV Cache (?:is allocated|VA upper bound).*#tokens: \d+", Phase.KV_CACHE, words="the KV cache is allocated"),
    sign(r"Load weight end", Phase.LOADING, 1.0, "the weights are loaded"),
    sign(r"(?:loading|checkpoint) shards:", Phase.LOADING, bar=True),
    sign(r"Load weight begin", Phase.LOADING, 0.0, "loading weights"),
    sign(r"server_args=", Phase.STARTING, words="the arguments are accepted"),
    sign(r"Init (?:torch distributed|parallel) begin", Phase.STARTING, words="connecting the processes"),
)
# Its "GB" is 2**30 bytes (`get_available_gpu_memory`, `memory_pool.GB`).
_FIGURES = (
    figure(r"Load weight end\b.*\bmem usage=(?P<gib>[\d.]+) GB", weights_gib="gib"),
    figure(r"KV Cache is allocated\b.*#tokens: (?P<tokens>\d+)", kv_tokens="tokens"),
    figure(r"KV Cache is allocated\b.*K size: (?P<k>[\d.]+) GB, V size: (?P<v>[\d.]+) GB", kv_gib="k+v"),
    figure(r"KV Cache is allocated\b.*KV size: (?P<kv>[\d.]+) GB", kv_gib="kv"),
    figure(r"max_total_num_tokens=(?P<tokens>\d+), .*\bcontext_len=(?P<context>\d+)", kv_tokens="tokens"),
    figure(r"max_total_num_tokens=\d+, .*\bcontext_len=(?P<context>\d+)", context_length="context"),
)


class SGLang:
    """https://docs.sglang.io."""

    name = "sglang"
    title = "SGLang"
    default_port = 30000
    # `/v1/models` says 200 while this still says 503: it makes a real generation of one token.
    health_path = "/health"
    launchable = True
    needs = "pip install sglang, or the image lmsysorg/sglang; an NVIDIA or AMD GPU (a CPU build exists)"
    source = "sglang 0.5.23, its --help, its log and its source"
    programs: tuple[str, ...] = ("sglang",)
    distributions: tuple[str, ...] = ("sglang",)
    images: tuple[str, ...] = ("lmsysorg/sglang",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`sglang serve MODEL …`, or the model card's `python -m sglang.launch_server --model-path MODEL …`."""
        require(self.title, installation, "program", "python", "container")
        secrets, files = ((KEY,), (KEY_FILE,)) if spec.api_key is not None else ((), ())
        if files and any(word.partition("=")[0] == "--config" for word in spec.extra):
            raise InvalidLaunch(
                "SGLang takes one --config file, and the API key needs it.",
                field="extra",
                advice="Write what that file holds as arguments, or launch without a key.",
            )
        model = resolved(spec.model)
        by_module = ("-m", "sglang.launch_server", "--model-path", model)
        if installation.kind == "container":
            words = ("python3", *by_module, *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, words, secrets=secrets, files=files, env=PYTHON_ENV)
        begin = ("serve", model) if installation.kind == "program" else by_module
        argv = (*installation.program, *begin, *self._arguments(spec, spec.host, port))
        return Command(argv, {**PYTHON_ENV, **spec.env}, secrets, files)

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        yield from options(
            tp_size=many(spec.tensor_parallel),
            pp_size=many(spec.pipeline_parallel),
            dp_size=many(spec.data_parallel),
            trust_remote_code=spec.trust_remote_code,
            host=host,
            port=port,
            enable_metrics=True,
            served_model_name=spec.served_name,
            revision=spec.revision,
            mem_fraction_static=spec.memory_fraction,
            context_length=spec.context_length,
            dtype=spec.dtype,
            kv_cache_dtype=spec.kv_cache_dtype,
            quantization=spec.quantization,
            tool_call_parser=spec.tool_parser,
            reasoning_parser=spec.reasoning_parser,
            chat_template=resolved(spec.chat_template),
            config=KEY_FILE.placeholder if spec.api_key is not None else None,
        )
        yield from spec.extra

    def read(self, line: str) -> Progress | None:
        """Its phases. "Application startup complete" is none: it answers 503 for about two seconds after it."""
        return read_signs(_SIGNS, line)

    def figures(self, line: str) -> Mapping[str, float]:
        """Weights and KV cache of one GPU, in GiB, the cache in tokens, and the context length."""
        return read_figures(_FIGURES, line)

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """Without a parser there are neither tool calls nor reasoning; a grammar backend is on unless it is `none`."""
        words = " ".join(spec.extra).replace("=", " ")
        return Capabilities(
            tools=bool(spec.tool_parser),
            reasoning=bool(spec.reasoning_parser),
            json_schema="--grammar-backend none" not in words,
        )
