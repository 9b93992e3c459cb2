"""The embedded engine in the switcher's words."""

from pathlib import Path

import pytest

from playground.backends import BackendState, Phase
from playground.engines.embedded_engine import EmbeddedEngine, EnginePhase, EngineState
from playground.server.embedded import EmbeddedBackend
from playground.settings import Settings
from tests.server.running import until


@pytest.mark.parametrize(
    ("engine", "shown"),
    [
        (EnginePhase.STOPPED, Phase.UNREACHABLE),
        (EnginePhase.FETCHING, Phase.LOADING),
        (EnginePhase.LOADING, Phase.LOADING),
        (EnginePhase.READY, Phase.READY),
        (EnginePhase.FAILED, Phase.UNREACHABLE),
    ],
)
def test_every_phase_has_its_word(engine: EnginePhase, shown: Phase) -> None:
    embedded = EmbeddedEngine()
    embedded._state = EngineState(engine, "as it says")
    assert EmbeddedBackend(embedded).backend_state() == BackendState(shown, "as it says")


def test_there_are_no_more_phases() -> None:
    assert len(EnginePhase) == 5


async def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    backend = EmbeddedBackend.from_settings(Settings(model_path=tmp_path / "none.gguf"))
    await backend.start()
    try:
        await until(lambda: backend.backend_state().phase is not Phase.LOADING)
        state = backend.backend_state()
        assert (state.phase, backend.base_url) == (Phase.UNREACHABLE, None)
        assert "none.gguf" in state.words
    finally:
        await backend.stop()
    assert backend.backend_state().words == "stopped"


def test_the_settings_name_the_model(tmp_path: Path) -> None:
    settings = Settings(model_repo="a/b", model_file="c.gguf", cache_dir=tmp_path)
    engine = EmbeddedBackend.from_settings(settings)._engine
    assert (engine._model_path, engine._hf_repo, engine._hf_file, engine._cache_dir) == (
        None,
        "a/b",
        "c.gguf",
        tmp_path,
    )
