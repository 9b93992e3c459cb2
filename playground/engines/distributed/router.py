"""Several whole copies of a model, each a server of its own, behind the engine's router."""

from playground.engines.distributed.forms import (
    Launch,
    Step,
    WrittenLaunch,
    bracketed,
    check,
    refuse_container,
    same_everywhere,
)
from playground.engines.kinds.base import Command

_PROGRAMS = {
    "sglang": (("sglang-router", "launch"), "sglang-router 0.3.2: sglang_router/router_args.py, its README"),
    "vllm": (("vllm-router",), "vllm-router 0.1.17: vllm_router/router_args.py, its README"),
}
METRICS = ("--prometheus-host", "127.0.0.1")  # sglang-router's default is all interfaces


def router(launch: Launch) -> WrittenLaunch:
    """A server on each machine, then the router, on the machine that clients ask.

    Raises:
        InvalidLaunch: what cannot be launched so.
    """
    check(launch, engines=tuple(_PROGRAMS), least=1, addresses=True)
    refuse_container(launch)
    spec, nodes = launch.spec, launch.nodes
    steps = [
        Step(f"machine {number}: {address}", launch.command(host=address))
        for number, address in enumerate(nodes.addresses)
    ]
    program, source = _PROGRAMS[spec.engine]
    urls = [f"http://{bracketed(address)}:{launch.port}" for address in nodes.addresses]
    where = ("--host", spec.host, "--port", str(nodes.router_port))
    command = Command((*program, "--worker-urls", *urls, "--policy", "cache_aware", *where, *METRICS))
    steps.append(Step("the router", command))
    notes = [
        f"Clients send requests to http://{bracketed(spec.host)}:{nodes.router_port}/v1.",
        "The cache_aware policy sends prompts that begin alike to the same replica, to reuse its cache.",
        *same_everywhere(spec, launch.command()),
    ]
    if spec.api_key is not None:
        notes.append(
            "The replicas require the API key; the router forwards the client's key and has none of "
            "its own. It accepts one only as an argument, which every user of the machine can read."
        )
    title = f"{nodes.size} replicas of {launch.engine.title} behind {program[0]}"
    return WrittenLaunch(title, (), tuple(steps), program[0], tuple(notes), (source,))
