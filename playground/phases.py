"""The one vocabulary for how far a server or a backend is: engines' launches, the embedded model, the switcher."""

from enum import StrEnum
from typing import Literal

Shape = Literal["loading", "ready", "failed", "stopped", "unreachable", "no-key"]


class Phase(StrEnum):
    """What a server or a backend is doing; the value is the word that is shown.

    A launch runs through those up to `READY`, in this order. `ADOPTED` is a server that was ready when this app took
    it over; `UNREACHABLE` and `NO_KEY` are what is known of a backend that this app did not start.
    """

    STARTING = "starting"
    DOWNLOADING = "downloading"
    LOADING = "loading weights"
    KV_CACHE = "allocating the KV cache"
    CAPTURING = "capturing graphs"
    READY = "ready"
    ADOPTED = "adopted"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    NO_KEY = "no key"

    @property
    def shape(self) -> Shape:
        """How it is drawn: the few states that a person needs to tell apart."""
        return _SHAPES.get(self, "loading")

    @property
    def is_ready(self) -> bool:
        """Whether requests can be sent."""
        return self.shape == "ready"

    @property
    def is_loading(self) -> bool:
        """Whether it is on its way up, or down: it will be something else without anyone's doing."""
        return self.shape == "loading"

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self in (Phase.STOPPED, Phase.FAILED)


LAUNCH = tuple(Phase)[: tuple(Phase).index(Phase.READY) + 1]  # in the order that a launch runs through them
_SHAPES: dict[Phase, Shape] = {
    Phase.READY: "ready",
    Phase.ADOPTED: "ready",
    Phase.STOPPED: "stopped",
    Phase.FAILED: "failed",
    Phase.UNREACHABLE: "unreachable",
    Phase.NO_KEY: "no-key",
}
