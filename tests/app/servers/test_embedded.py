"""The embedded engine in the switcher's words."""

from pathlib import Path

import pytest

from playground.app.servers.embedded import EmbeddedBackend
from playground.backends import BackendState
from playground.engines.embedded.engine import EmbeddedEngine, EngineState
from playground.phases import Phase
from playground.settings import Settings
from tests.web.running import until


@pytest.mark.parametrize(
    ("phase", "shape"),
    [
        (Phase.STOPPED, "stopped"),
        (Phase.DOWNLOADING, "loading"),
        (Phase.LOADING, "loading"),
        (Phase.READY, "ready"),
        (Phase.FAILED, "failed"),
    ],
)
def test_its_phase_is_the_switchers(phase: Phase, shape: str) -> None:
    embedded = EmbeddedEngine()
    embedded._state = EngineState(phase, "as it says")
    state = EmbeddedBackend(embedded).backend_state()
    assert state == BackendState(phase, "as it says")
    assert state.phase.shape == shape


async def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    backend = EmbeddedBackend.from_settings(Settings(model_path=tmp_path / "none.gguf"))
    await backend.start()
    try:
        await until(lambda: backend.backend_state().phase.is_loading is False)
        state = backend.backend_state()
        assert (state.phase, backend.base_url) == (Phase.FAILED, None)
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
