"""What a response is made of: frozen steps, played in order by `player.play`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Status:
    """The status line and the headers.

    The headers decide the framing of what follows: `content-length` or `connection: close` → the bytes as
    they are, else `transfer-encoding: chunked`, one HTTP chunk for each write. `x-request-id` is added where
    the headers lack it.
    """

    code: int = 200
    headers: Headers = ()
    reason: str = "OK"

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Write:
    """Body bytes, given to the socket in one call and framed as one HTTP chunk."""

    data: bytes


@dataclass(frozen=True)
class Raw:
    """Bytes past all framing: a broken status line, a broken chunk size."""

    data: bytes


@dataclass(frozen=True)
class Sleep:
    """A pause that ends by itself; the client leaving ends it at once."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """Nothing more, until the client leaves."""


@dataclass(frozen=True)
class Cut:
    """The connection ends here: with a FIN, or with an RST (`reset`)."""

    reset: bool = False


@dataclass(frozen=True)
class Paced:
    """One body write for each chunk; chunk `i` is due `i / per_second` seconds after the step began.

    The schedule is absolute, so that it does not drift; chunks share a write only when they are overdue.
    """

    chunks: Sequence[bytes]
    per_second: float


Step = Status | Write | Raw | Sleep | Stall | Cut | Paced


@dataclass(frozen=True)
class Script:
    """One response. At its end the framing is completed and, where that is possible, the connection kept."""

    steps: tuple[Step, ...] = ()

    def then(self, *steps: Step) -> "Script":
        """This script with more steps at its end."""
        return replace(self, steps=(*self.steps, *steps))
