"""One server over several machines by the engine's own means: one command for each."""

from playground.engines.distributed.forms import (
    Launch,
    Step,
    WrittenLaunch,
    check,
    extended,
    own_ip,
    refuse_container,
    refuse_flags,
    same_everywhere,
    split,
)
from playground.engines.distributed.ranks import FLAGS, PORTS, SOURCES, Ranks


def multi_node(launch: Launch) -> WrittenLaunch:
    """The commands, the leading machine's first; all must be started for the server to come up.

    Raises:
        InvalidLaunch: what cannot be launched so.
    """
    check(launch, engines=tuple(FLAGS), least=2, addresses=True)
    refuse_container(launch)
    spec, addresses = launch.spec, launch.nodes.addresses
    refuse_flags(spec, *FLAGS[spec.engine])
    gpus = split(launch)
    ranks = Ranks(spec.engine, str(len(addresses)), addresses[0])
    command = launch.command()
    steps = []
    for rank, address in enumerate(addresses):
        own = own_ip(address) if spec.engine == "vllm" else {}
        words = ranks.words(str(rank), leads=rank == 0)
        steps.append(Step(f"machine {rank}: {address}", extended(command, *words, env=own)))
    notes = (
        f"Each machine gives {gpus} GPUs. Start all of them; the first serves port {launch.port} once all have joined.",
        f"The machines must reach each other on port {PORTS[spec.engine]} of {addresses[0]} and on other free ports.",
        *same_everywhere(spec, command),
    )
    return WrittenLaunch(
        f"{launch.engine.title} on {len(addresses)} machines",
        (),
        tuple(steps),
        command.argv[0],
        notes,
        (SOURCES[spec.engine],),
    )
