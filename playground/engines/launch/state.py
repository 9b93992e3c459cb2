"""What a launched server is doing: values that the page and the command line show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from playground.engines.kinds.base import Progress
from playground.engines.spec import LaunchSpec
from playground.phases import LAUNCH, Phase


class Cause(Protocol):
    """Why a server failed, as `playground.engines.kinds.failures` finds it in the log."""

    @property
    def title(self) -> str:
        """What it is, in a few words."""

    @property
    def cause(self) -> str:
        """The line of the log that says so, or what it comes to."""

    @property
    def advice(self) -> str:
        """What to do next."""

    @property
    def fix(self) -> Mapping[str, Any]:
        """Fields of the specification that would put it right; may be empty."""

    @property
    def fix_words(self) -> str:
        """What the fix does, for a button."""

    @property
    def fatal(self) -> bool:
        """Whether the server is lost, though its process may hang on."""


@dataclass(frozen=True, slots=True)
class PlainCause:
    """A cause that no rule knows: the exit status, and the line of the log that most likely says why."""

    title: str
    cause: str = ""
    advice: str = ""
    fix: Mapping[str, Any] = field(default_factory=dict)
    fix_words: str = ""
    fatal: bool = True


Diagnose = Callable[[str, Sequence[str], LaunchSpec, int | None], Cause | None]
IsFatal = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server at one moment.

    Attributes:
        phase: what it does.
        fraction: of this phase, 0 to 1; None unknown.
        words: shards, bytes, what it waits for; of a stopped one, how it ended.
        started_at: seconds since 1970.
        seconds: since the start; once it is ready or has ended, how long that took.
        typical_s: how long launches of this engine and model took before; None where there was none.
        figures: what its log measured, as `Engine.figures` names it.
        diagnosis: why it failed; None otherwise.
        returncode: its exit status, 128 + N after signal N; None while it runs.
        base_url: where it answers, while it is ready: `http://127.0.0.1:PORT/v1`.
        log_note: what is wrong with keeping its log; "" nothing.
    """

    phase: Phase
    fraction: float | None
    words: str
    started_at: float
    seconds: float
    typical_s: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    diagnosis: Cause | None = None
    returncode: int | None = None
    base_url: str | None = None
    log_note: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether requests can be sent to it."""
        return self.base_url is not None

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self.phase.has_ended


def advance(now: Phase, fraction: float | None, said: Progress) -> tuple[Phase, float | None] | None:
    """The phase and fraction after a line of the log; None where it changes neither.

    A phase never goes back, since several processes write the one log; but a download may come after "loading" was
    said, as in vLLM, where it is part of the loading, as long as no weight was loaded. That it is ready is not the
    log's to say.
    """
    if now not in LAUNCH or now is Phase.READY or said.phase is Phase.READY:
        return None
    downloads = (now, said.phase) == (Phase.LOADING, Phase.DOWNLOADING) and not fraction
    if LAUNCH.index(said.phase) < LAUNCH.index(now) and not downloads:
        return None
    if said.phase is now and (said.fraction is None or said.fraction == fraction):
        return None
    return said.phase, said.fraction
