"""MindIE, Huawei's server for Ascend NPUs: it is configured by a file, and attached to.

Not run here: the facts are those of its documentation.
"""

from collections.abc import Mapping

from playground.engines.kinds.base import Capabilities, Command, Installation, Progress
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

CONFIG = "/usr/local/Ascend/mindie/latest/mindie-service/conf/config.json"


class MindIE:
    """https://www.hiascend.com/software/mindie."""

    name = "mindie"
    title = "MindIE"
    default_port = 1025
    health_path = "/info"
    launchable = False
    needs = f"an Ascend NPU with CANN and MindIE; its configuration is the file {CONFIG}"
    source = "MindIE's documentation: mindieservice_daemon and its config.json"
    programs: tuple[str, ...] = ("mindieservice_daemon", "mindie_llm_server")
    distributions: tuple[str, ...] = ()
    images: tuple[str, ...] = ("ascend/mindie",)

    def command(self, spec: LaunchSpec, installation: Installation, port: int) -> Command:  # noqa: ARG002
        """None: no argument sets model, port or parallelism.

        Raises:
            InvalidLaunch: always, with what to write into the file.
        """
        parallel = spec.tensor_parallel
        raise InvalidLaunch(
            "MindIE takes no arguments: its config.json says what it serves, and this app does not edit that.",
            field="engine",
            advice=(
                f"In {CONFIG} set ServerConfig.ipAddress to {spec.host} and port to {port}, and in "
                f"BackendConfig.ModelDeployConfig.ModelConfig modelName, modelWeightPath and worldSize to {parallel}; "
                f"start bin/mindieservice_daemon, and attach to http://{spec.host}:{port}/v1."
            ),
        )

    def read(self, line: str) -> Progress | None:  # noqa: ARG002 - the protocol's signature
        """Nothing: its log is not this app's."""
        return None

    def figures(self, line: str) -> Mapping[str, float]:  # noqa: ARG002 - the protocol's signature
        """Nothing."""
        return {}

    def capabilities(self, spec: LaunchSpec) -> Capabilities:  # noqa: ARG002 - the protocol's signature
        """Not told by any flag."""
        return Capabilities()
