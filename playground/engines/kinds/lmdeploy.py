"""LMDeploy: its command. Not run here: the facts are those of its documentation."""

from collections.abc import Iterator, Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.kinds.loading import read_signs, sign
from playground.engines.kinds.words import PYTHON_ENV, in_container, many, options, require, resolved, unsupported
from playground.engines.spec import LaunchSpec
from playground.phases import Phase

_SIGNS = (
    sign(r"Application startup complete|Uvicorn running on", Phase.READY, 1.0, "ready"),
    sign(r"[Ll]oading weights|shards:", Phase.LOADING, bar=True),
)


class LMDeploy:
    """https://lmdeploy.readthedocs.io."""

    name = "lmdeploy"
    title = "LMDeploy"
    default_port = 23333
    health_path = "/health"
    launchable = True
    needs = "pip install lmdeploy, or the image openmmlab/lmdeploy; an NVIDIA GPU or an Ascend NPU"
    source = "LMDeploy's repository and documentation: lmdeploy/cli/serve.py"
    programs: tuple[str, ...] = ("lmdeploy",)
    distributions: tuple[str, ...] = ("lmdeploy",)
    images: tuple[str, ...] = ("openmmlab/lmdeploy",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:
        """`lmdeploy serve api_server MODEL …`. Its key goes by argument only, so that a key is refused."""
        require(self.title, installation, "program", "python", "container")
        unsupported(self.title, spec, "api_key", "pipeline_parallel", "kv_cache_dtype", "quantization")
        words = ("serve", "api_server", resolved(spec.model))
        if installation.kind == "container":
            inside = ("lmdeploy", *words, *self._arguments(spec, "0.0.0.0", port))  # noqa: S104 - published on spec.host
            return in_container(spec, installation, port, inside, env=PYTHON_ENV)
        module = ("-m", "lmdeploy") if installation.kind == "python" else ()
        argv = (*installation.program, *module, *words, *self._arguments(spec, spec.host, port))
        return Command(argv, {**PYTHON_ENV, **spec.env})

    def _arguments(self, spec: LaunchSpec, host: str, port: int) -> Iterator[str]:
        yield from options(
            server_name=host,
            server_port=port,
            tp=many(spec.tensor_parallel),
            dp=many(spec.data_parallel),
            model_name=spec.served_name,
            revision=spec.revision,
            cache_max_entry_count=spec.memory_fraction,
            session_len=spec.context_length,
            dtype=spec.dtype,
            tool_call_parser=spec.tool_parser,
            reasoning_parser=spec.reasoning_parser,
            chat_template=resolved(spec.chat_template),
            trust_remote_code=spec.trust_remote_code,
        )
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
