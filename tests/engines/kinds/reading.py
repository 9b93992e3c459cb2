"""Recorded logs read as the supervisor reads them while they are written."""

from collections.abc import Iterable, Mapping

from playground.engines.kinds.base import Engine, Progress
from playground.engines.launch.state import advance
from playground.phases import Phase

START = Progress(Phase.STARTING)


def step(before: Progress, said: Progress | None) -> Progress:
    """How far it is after a line; that it is ready is believed here, where there is no server that could be asked."""
    if said is None or before.phase is Phase.READY:
        return before
    if said.phase is Phase.READY:
        return said
    moved = advance(before.phase, before.fraction, said)
    return Progress(*moved, said.words) if moved else before


def follow(engine: Engine, lines: Iterable[str]) -> Progress:
    """How far a launch is after these lines."""
    progress = START
    for line in lines:
        progress = step(progress, engine.read(line))
    return progress


def sizes(engine: Engine, lines: Iterable[str]) -> Mapping[str, float]:
    """All that the engine measured of itself; a later line corrects an earlier one."""
    measured: dict[str, float] = {}
    for line in lines:
        measured |= engine.figures(line)
    return measured
