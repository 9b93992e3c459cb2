"""How a launch's phase follows its log."""

import pytest

from playground.engines.kinds.base import Progress
from playground.engines.launch.state import advance
from playground.phases import Phase

STARTING, DOWNLOADING, LOADING = Phase.STARTING, Phase.DOWNLOADING, Phase.LOADING
KV_CACHE, CAPTURING, READY = Phase.KV_CACHE, Phase.CAPTURING, Phase.READY


@pytest.mark.parametrize(
    ("now", "fraction", "said", "then"),
    [
        (STARTING, None, Progress(LOADING, 0.5), (LOADING, 0.5)),
        (LOADING, 0.5, Progress(LOADING, 0.75), (LOADING, 0.75)),
        (LOADING, 0.5, Progress(LOADING, 0.5), None),
        (LOADING, 0.5, Progress(LOADING), None),
        (LOADING, 0.5, Progress(STARTING), None),
        (LOADING, 0.5, Progress(DOWNLOADING, 0.1), None),
        (LOADING, None, Progress(DOWNLOADING, 0.1), (DOWNLOADING, 0.1)),
        (LOADING, 0.0, Progress(DOWNLOADING, 0.1), (DOWNLOADING, 0.1)),
        (DOWNLOADING, 0.9, Progress(LOADING, 0.0), (LOADING, 0.0)),
        (CAPTURING, 1.0, Progress(KV_CACHE), None),
        (CAPTURING, 1.0, Progress(READY, 1.0), None),
        (READY, None, Progress(LOADING), None),
        (Phase.STOPPING, None, Progress(LOADING), None),
        (Phase.ADOPTED, None, Progress(LOADING), None),
    ],
)
def test_a_line_moves_it_forward_only(
    now: Phase, fraction: float | None, said: Progress, then: tuple[Phase, float | None] | None
) -> None:
    assert advance(now, fraction, said) == then
