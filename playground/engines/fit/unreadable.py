"""Why a model's size cannot be read."""

from typing import Any, Literal

from playground.errors import EngineUnavailable

Reason = Literal["gated", "missing", "revision", "refused", "offline", "not_safetensors", "damaged"]


class ModelUnreadable(EngineUnavailable):
    """What a model takes cannot be worked out, as its files cannot be read; `reason` tells the cases apart.

    Attributes:
        reason: `gated` its licence is to be accepted first; `missing` there is no such model, folder or file;
            `revision` it has no such revision; `refused` the Hub answered with another error; `offline` the Hub did not
            answer; `not_safetensors` its weights are in another format; `damaged` a file is not what it should be.
    """

    def __init__(self, message: str, *, reason: Reason, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.reason = reason

    def details(self) -> dict[str, Any]:
        """The reason."""
        return {"reason": self.reason}
