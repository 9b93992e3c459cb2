"""llama.cpp: its `llama-server`, and the one inside this app, each with one GGUF file.

The arguments and variables are those of llama.cpp's server documentation (tools/server/README.md); the log's lines are
recorded from the embedded server (xllamacpp 2026.10) or stand in its binary.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from playground.engines.embedded.models import MODEL_FILE, default_cache_dir, find_model
from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.kinds.loading import figure, read_figures, read_signs, sign
from playground.engines.kinds.words import in_container, options, require, resolved, unsupported
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from playground.phases import Phase

KEY = "LLAMA_API_KEY"
_ROOT = str(Path(__file__).resolve().parents[3])
_SIGNS = (
    sign(r"listening on https?://", Phase.READY, 1.0, "ready"),
    sign(r": model loaded", Phase.KV_CACHE, 1.0, "the model is loaded"),
    sign(r"n_ctx_slot = \d+", Phase.KV_CACHE),
    sign(r"loading model '|: loading model$", Phase.LOADING, words="loading the model"),
)
_FIGURES = (figure(r"n_ctx_slot = (?P<context>\d+)", context_length="context"),)
# What the app has no argument of llama-server for; its further arguments take the rest.
_NOT_THERE = (
    *("revision", "tensor_parallel", "pipeline_parallel", "data_parallel", "memory_fraction", "dtype"),
    *("quantization", "trust_remote_code", "tool_parser"),
)


class LlamaCpp:
    """https://github.com/ggml-org/llama.cpp."""

    name = "llama_cpp"
    title = "llama.cpp"
    default_port = 8080
    health_path = "/health"
    launchable = True
    needs = "a GGUF file; llama-server, or pip install 'chat-playground[local]'; any CPU, a GPU if it was built for one"
    source = "llama.cpp's server documentation; its log as the embedded server prints it"
    programs: tuple[str, ...] = ("llama-server",)
    distributions: tuple[str, ...] = ("xllamacpp",)
    images: tuple[str, ...] = ("ggml-org/llama.cpp",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`llama-server …`; from an interpreter, which must be this app's own, the embedded server."""
        require(self.title, installation, "program", "python", "container")
        if installation.kind == "python":
            return self._embedded(spec, installation, port)
        unsupported(self.title, spec, *_NOT_THERE)
        secrets = (KEY,) if spec.api_key is not None else ()
        if installation.kind == "container":
            words = ("/app/llama-server", *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, words, secrets=secrets)
        argv = (*installation.program, *self._arguments(spec, spec.host, port))
        return Command(argv, dict(spec.env), secrets)

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        yield from options(
            model=gguf_file(spec.model) if spec.is_local else None,
            hf_repo=None if spec.is_local else spec.model,
            host=host,
            port=port,
            alias=spec.served_name,
            ctx_size=spec.context_length,
            cache_type_k=spec.kv_cache_dtype,
            cache_type_v=spec.kv_cache_dtype,
            reasoning_format=spec.reasoning_parser,
            jinja=True,
            chat_template_file=resolved(spec.chat_template),
            metrics=True,
        )
        yield from spec.extra

    def _embedded(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """The server in this app's own process tree: it takes a file, a port and a name, and nothing else."""
        others = ("kv_cache_dtype", "context_length", "reasoning_parser", "chat_template", "extra", "api_key", "host")
        unsupported("the embedded llama.cpp", spec, *_NOT_THERE, *others)
        if not spec.model.endswith(".gguf"):
            raise InvalidLaunch(
                "the embedded llama.cpp takes a GGUF file of this machine.",
                field="model",
                advice=f"Give the path of a .gguf file, or {MODEL_FILE}, which the app fetches itself.",
            )
        file = gguf_file(spec.model)
        alias = spec.served_name or Path(file).name.partition(".Q")[0].removesuffix(".gguf")
        # -P, and the package's own folder: the child finds this very package, also where it is not installed.
        argv = (*installation.program, "-P", "-m", "playground.engines.embedded", "--model", file)
        argv += ("--port", str(port), "--alias", alias)
        path = os.pathsep.join(part for part in (_ROOT, os.environ.get("PYTHONPATH")) if part)
        return Command(argv, {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **spec.env})

    def read(self, line: str) -> Progress | None:
        """Its phases."""
        return read_signs(_SIGNS, line)

    def figures(self, line: str) -> Mapping[str, float]:
        """The context length of one slot."""
        return read_figures(_FIGURES, line)

    def capabilities(self, spec: LaunchSpec) -> Capabilities:
        """Tool calls depend on the file's own template, which the flags do not tell; a schema always constrains it."""
        return Capabilities(tools=None, reasoning=bool(spec.reasoning_parser) or None, json_schema=True)


def gguf_file(model: str) -> str:
    """The path of a GGUF file; a bare name is one that the app keeps, the default model wherever it was installed."""
    if "/" in model:
        return resolved(model)
    kept = find_model() if model == MODEL_FILE else None
    return str(kept or default_cache_dir() / model)
