"""A launch over several machines, written down as commands and files for the tools that do it; all of it pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from playground.engines.distributed.forms import File, Launch, Nodes, Step, WrittenLaunch
from playground.engines.distributed.kubernetes import kubernetes
from playground.engines.distributed.multi_node import multi_node
from playground.engines.distributed.ray import ray
from playground.engines.distributed.router import router
from playground.engines.distributed.skypilot import skypilot
from playground.engines.kinds.base import Engine, Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

__all__ = ["FORMS", "File", "Launch", "Nodes", "Step", "WrittenLaunch", "generate"]

FORMS: Mapping[str, Callable[[Launch], WrittenLaunch]] = MappingProxyType(
    {
        "multi-node": multi_node,
        "ray": ray,
        "router": router,
        "kubernetes": kubernetes,
        "skypilot": skypilot,
    }
)


def generate(
    form: str,
    spec: LaunchSpec,
    nodes: Nodes,
    *,
    engine: Engine,
    installation: Installation,
    port: int | None = None,
) -> WrittenLaunch:
    """A launch in that form.

    Args:
        form: a name of `FORMS`.
        spec: what is to be served.
        nodes: where.
        engine: makes the command; that of `spec.engine`.
        installation: where the engine is on each machine; Kubernetes and SkyPilot take their own.
        port: of the API; None takes the launch's, else the engine's default.

    Raises:
        InvalidLaunch: an unknown form, or what this form cannot express.
    """
    make = FORMS.get(form)
    if make is None:
        raise InvalidLaunch(f"there is no form {form!r}; the known ones are: {', '.join(FORMS)}.", field="form")
    return make(Launch(spec, nodes, engine, installation, port or spec.port or engine.default_port))
