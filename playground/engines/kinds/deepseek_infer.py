"""DeepSeek-Infer: the demonstration in the model's own repository. It is no server."""

from collections.abc import Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch


class DeepSeekInfer:
    """The folder `inference/` of https://huggingface.co/deepseek-ai/DeepSeek-V3.2."""

    name = "deepseek_infer"
    title = "DeepSeek-Infer"
    default_port = 0
    health_path = ""
    launchable = False
    needs = "the model repository's folder inference/, its weights converted, torchrun; no OpenAI-compatible server"
    source = "the model repository's inference/README.md"
    programs: tuple[str, ...] = ()
    distributions: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:  # noqa: ARG002
        """None: there is nothing that answers HTTP.

        Raises:
            InvalidLaunch: always, with what serves the same model.
        """
        raise InvalidLaunch(
            "DeepSeek-Infer is an interactive demonstration: it has no OpenAI-compatible server to chat with.",
            field="engine",
            advice="Serve the same weights with SGLang or vLLM. To try the demonstration itself, follow the README in "
            "the model repository's folder inference/: convert the weights, then run generate.py with torchrun.",
        )

    def read(self, line: str) -> Progress | None:  # noqa: ARG002 - the protocol's signature
        """Nothing."""
        return None

    def figures(self, line: str) -> Mapping[str, float]:  # noqa: ARG002 - the protocol's signature
        """Nothing."""
        return {}

    def capabilities(self, spec: LaunchSpec) -> Capabilities:  # noqa: ARG002 - the protocol's signature
        """None of a server's."""
        return Capabilities(tools=False, reasoning=False, json_schema=False)
