"""A scriptable OpenAI-compatible server that can misbehave.

It stands in for TheRouter, vLLM and SGLang in tests, and replays streams for the benchmark.
"""

from tests.upstream import scripts
from tests.upstream.record import Recorded
from tests.upstream.server import Upstream
from tests.upstream.steps import Cut, Paced, Raw, Script, Sleep, Stall, Status, Write
from tests.upstream.threaded import ThreadedUpstream

__all__ = [
    "Cut",
    "Paced",
    "Raw",
    "Recorded",
    "Script",
    "Sleep",
    "Stall",
    "Status",
    "ThreadedUpstream",
    "Upstream",
    "Write",
    "scripts",
]
