"""What the page shows of one server, whoever started it."""

from dataclasses import dataclass
from typing import Literal

from playground.phases import Shape

Kind = Literal["launched", "attached", "left"]
Action = Literal["use", "stop", "again", "fix", "log", "adopt", "end", "forget"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a server failed: the cause above the noise, what to do, and what a press on the fix would change."""

    title: str
    cause: str = ""
    advice: str = ""
    fix_words: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server works on now; None where its metrics do not tell.

    Attributes:
        running, waiting: requests.
        cache: share of the KV cache in use, 0 to 1.
        tokens_per_s: generated in the last seconds.
        history: tokens per second, oldest first.
    """

    running: float | None = None
    waiting: float | None = None
    cache: float | None = None
    tokens_per_s: float | None = None
    history: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerView:
    """One server.

    Attributes:
        kind: launched by this app, attached to, or left behind by an app that was killed.
        shape: how its state is drawn.
        words: its state: a phase, an end.
        fraction: of that phase, 0 to 1.
        elapsed_s, typical_s: since the launch began; how long it took other times.
        facts: what is known of it, each a label and a value.
    """

    name: str
    kind: Kind
    engine: str
    model: str
    shape: Shape
    words: str
    fraction: float | None = None
    elapsed_s: float | None = None
    typical_s: float | None = None
    base_url: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    command: str = ""
    problem: Problem | None = None
    load: Load | None = None
    actions: tuple[Action, ...] = ()
