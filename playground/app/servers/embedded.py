"""The embedded engine as the switcher sees it."""

from typing import Self

from playground.backends import BackendState
from playground.engines.embedded.engine import EmbeddedEngine
from playground.settings import Settings


class EmbeddedBackend:
    """Starts and stops with the app, and tells how it is in the switcher's words."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """With the model the settings name."""
        return cls(
            EmbeddedEngine(
                model_path=settings.model_path,
                hf_repo=settings.model_repo,
                hf_file=settings.model_file,
                cache_dir=settings.cache_dir,
            )
        )

    async def start(self) -> None:
        """Begin; returns at once."""
        await self._engine.start()

    async def stop(self) -> None:
        """End it and all it started."""
        await self._engine.stop()

    @property
    def base_url(self) -> str | None:
        """Where it answers; None until it does."""
        return self._engine.base_url

    def backend_state(self) -> BackendState:
        """How it is."""
        state = self._engine.state
        return BackendState(state.phase, state.words)
