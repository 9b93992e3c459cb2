"""VLLM over several machines that Ray has joined to one cluster."""

from playground.engines.distributed.forms import (
    Launch,
    Step,
    WrittenLaunch,
    bracketed,
    check,
    extended,
    is_ip,
    own_ip,
    refuse_container,
    refuse_flags,
    same_everywhere,
    split,
)
from playground.engines.distributed.ranks import FLAGS
from playground.engines.kinds.base import Command

PORT = 6379  # Ray's own default
_BACKEND = "--distributed-executor-backend"


def ray(launch: Launch) -> WrittenLaunch:
    """Ray's head, its other nodes, then the one command that serves, on the head.

    Raises:
        InvalidLaunch: what cannot be launched so.
    """
    check(launch, engines=("vllm",), least=2, addresses=True)
    refuse_container(launch)
    refuse_flags(launch.spec, _BACKEND, *FLAGS["vllm"])
    gpus = split(launch)
    head, *others = launch.nodes.addresses
    count = ("--num-gpus", str(gpus), "--disable-usage-stats")
    first = _start(head, ("--head", "--port", str(PORT), *count))
    steps = [Step(f"machine 0: {head}", first)]
    for rank, address in enumerate(others, 1):
        join = ("--address", f"{bracketed(head)}:{PORT}", *count)
        steps.append(Step(f"machine {rank}: {address}", _start(address, join)))
    serve = extended(launch.command(), _BACKEND, "ray", env=own_ip(head))
    steps.append(Step(f"machine 0: {head}, once `ray status` shows all", serve))
    steps.append(Step("each machine, when you are done", Command(("ray", "stop"))))
    notes = (
        f"Each machine gives {gpus} GPUs. vLLM does not include Ray: pip install 'ray[cgraph]' on each machine.",
        "Ray's ports need no key: anyone who can reach them can run code on the machines. Keep them private.",
        *same_everywhere(launch.spec, serve),
    )
    return WrittenLaunch(
        f"vLLM on Ray, {launch.nodes.size} machines",
        (),
        tuple(steps),
        "ray",
        notes,
        ("ray 2.60.0: ray start --help", "vllm 0.32.0: config/parallel.py, envs.py"),
    )


def _start(address: str, words: tuple[str, ...]) -> Command:
    """`ray start` on one machine; workers take over the variables that it was started with."""
    named = ("--node-ip-address", address) if is_ip(address) else ()
    return Command(("ray", "start", *words, *named), own_ip(address))
