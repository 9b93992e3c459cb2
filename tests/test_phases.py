"""The vocabulary of phases: how each is drawn, and what follows from it."""

from typing import get_args

import pytest

from playground.phases import LAUNCH, Phase, Shape


@pytest.mark.parametrize(
    ("phase", "shape"),
    [
        *((phase, "loading") for phase in (*LAUNCH[:-1], Phase.STOPPING)),
        (Phase.READY, "ready"),
        (Phase.ADOPTED, "ready"),
        (Phase.STOPPED, "stopped"),
        (Phase.FAILED, "failed"),
        (Phase.UNREACHABLE, "unreachable"),
        (Phase.NO_KEY, "no-key"),
    ],
)
def test_the_shape_of_a_phase(phase: Phase, shape: Shape) -> None:
    assert phase.shape == shape
    assert (phase.is_ready, phase.is_loading) == (shape == "ready", shape == "loading")
    assert phase.has_ended == (shape in {"stopped", "failed"})


def test_every_shape_is_used_and_a_launch_ends_with_ready() -> None:
    assert {phase.shape for phase in Phase} == set(get_args(Shape))
    assert (LAUNCH[0], LAUNCH[-1]) == (Phase.STARTING, Phase.READY)
