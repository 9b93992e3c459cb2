"""LightLLM: its command. Not run here: the facts are those of its repository's scripts and documentation."""

from collections.abc import Iterator, Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.kinds.loading import read_signs, sign
from playground.engines.kinds.words import PYTHON_ENV, in_container, many, require, resolved, unsupported
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from playground.phases import Phase

_SIGNS = (
    sign(r"Application startup complete|Uvicorn running on|server start up ok", Phase.READY, 1.0, "ready"),
    sign(r"[Ll]oading model weights|loading weights", Phase.LOADING, bar=True),
)


class LightLLM:
    """https://github.com/ModelTC/LightLLM."""

    name = "lightllm"
    title = "LightLLM"
    default_port = 8000
    health_path = "/health"
    launchable = True
    needs = "LightLLM from its repository, or the image ghcr.io/modeltc/lightllm; an NVIDIA GPU; a folder"
    source = "LightLLM's repository: lightllm/server/api_cli.py"
    programs: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ("lightllm",)
    images: tuple[str, ...] = ("modeltc/lightllm",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`python -m lightllm.server.api_server --model_dir FOLDER …`; it downloads nothing and has no key."""
        require(self.title, installation, "python", "container")
        unsupported(
            self.title,
            spec,
            *("api_key", "pipeline_parallel", "kv_cache_dtype", "revision"),
        )
        if not spec.is_local:
            raise InvalidLaunch(
                f"LightLLM can serve only a folder, and {spec.model} is a repository of the Hub.",
                field="model",
                advice=f"Download it with `hf download {spec.model}`, and give the folder that it prints.",
            )
        words = ("-m", "lightllm.server.api_server")
        if installation.kind == "container":
            inside = ("python", *words, *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, inside, env=PYTHON_ENV)
        argv = (*installation.program, *words, *self._arguments(spec, spec.host, port))
        return Command(argv, {**PYTHON_ENV, **spec.env})

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        # Its options have underscores.
        values = {
            "--model_dir": resolved(spec.model),
            "--host": host,
            "--port": port,
            "--tp": many(spec.tensor_parallel),
            "--dp": many(spec.data_parallel),
            "--model_name": spec.served_name,
            "--mem_fraction": spec.memory_fraction,
            "--max_req_total_len": spec.context_length,
            "--data_type": spec.dtype,
            "--quant_type": spec.quantization,
            "--tool_call_parser": spec.tool_parser,
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
