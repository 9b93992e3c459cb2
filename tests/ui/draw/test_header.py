"""A backend's state in words and shape."""

import pytest

from playground.backends import BackendState, Phase
from playground.ui.draw.header import SHOWN, draw_state
from tests.ui.draw.hostile import HOSTILE, safe


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_a_shape(phase: Phase) -> None:
    drawn = safe(draw_state(BackendState(phase, "as it says")))
    assert ("class", f"state {phase.shape}") in drawn.attributes
    assert ("role", "status") in drawn.attributes
    assert drawn.text == "as it says"


def test_a_long_line_is_cut_and_whole_on_hover() -> None:
    words = "&" * (SHOWN + 20)
    drawn = safe(draw_state(BackendState(Phase.UNREACHABLE, words)))
    assert drawn.text == "&" * SHOWN
    assert ("title", words) in drawn.attributes


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str) -> None:
    safe(draw_state(BackendState(Phase.UNREACHABLE, text)))
