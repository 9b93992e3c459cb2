"""What a server is given beside its command: how long it is waited for, and whom it asks and tells."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playground.engines.launch.state import Diagnose, IsFatal
from playground.engines.spec import LaunchSpec

CountRunning = Callable[[LaunchSpec, str], Awaitable[float | None]]
"""How many requests the server of a specification works on, at its origin; None where that cannot be known."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a server is waited for; seconds.

    Attributes:
        drain_s: for running requests, before it is asked to end.
        grace_s: for it to end by itself after SIGTERM, before SIGKILL.
        orphan_grace_s: the same where this app was killed.
        probe_every_s: between two questions whether it is ready.
        fatal_s: for the rest of its log, and its own end, after a line that says it is lost.
        look_every_s: between two looks for processes that it started; five times that once it is ready.
    """

    drain_s: float = 10.0
    grace_s: float = 15.0
    orphan_grace_s: float = 5.0
    probe_every_s: float = 1.0
    fatal_s: float = 5.0
    look_every_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a server asks and tells.

    Attributes:
        diagnose: why it failed, from its log.
        is_fatal: whether a line says that it is lost, though it may hang on.
        running: how many requests it works on now, by what was asked for and its origin; None where nobody counts.
        changed: told whenever its state has changed.
        became_ready: told once, with what was asked for and the seconds that took.
        clock: seconds, by which requests are dated.
    """

    diagnose: Diagnose
    is_fatal: IsFatal
    running: CountRunning | None = None
    changed: Callable[[], None] = lambda: None
    became_ready: Callable[[LaunchSpec, float], None] = lambda _spec, _seconds: None
    clock: Callable[[], float] = time.monotonic
