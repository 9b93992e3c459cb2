"""Settings come from the environment, and a wrong one is named."""

import pytest

from playground.errors import InvalidSetting
from playground.settings import Settings
from playground.wire.sse import MAX_EVENT_BYTES


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        monkeypatch.delenv(alias if isinstance(alias, str) else f"PLAYGROUND_{name.upper()}", raising=False)


def test_the_defaults() -> None:
    settings = Settings.from_environment()
    assert (settings.host, settings.port) == ("127.0.0.1", 7860)
    assert settings.therouter_api_key is None
    assert settings.max_event_bytes == MAX_EVENT_BYTES
    assert all(field.description for field in Settings.model_fields.values())


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_PORT", "0")
    monkeypatch.setenv("PLAYGROUND_EMBEDDED", "false")
    monkeypatch.setenv("PLAYGROUND_CONNECT_TIMEOUT_S", "0.5")
    monkeypatch.setenv("THEROUTER_API_KEY", "sk-recognisable")
    settings = Settings.from_environment()
    assert (settings.port, settings.embedded, settings.connect_timeout_s) == (0, False, 0.5)
    assert settings.therouter_api_key is not None
    assert settings.therouter_api_key.get_secret_value() == "sk-recognisable"
    assert "sk-recognisable" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLAYGROUND_PORT", "http"),
        ("PLAYGROUND_PORT", "65536"),
        ("PLAYGROUND_LOG_LEVEL", "loud"),
        ("PLAYGROUND_FIRST_BYTE_TIMEOUT_S", "0"),
        ("PLAYGROUND_BETWEEN_CHUNKS_TIMEOUT_S", "-1"),
        ("PLAYGROUND_CONNECT_TIMEOUT_S", "nan"),
        ("PLAYGROUND_MAX_EVENT_BYTES", "8MB"),
        ("PLAYGROUND_EMBEDDED", "perhaps"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=name) as caught:
        Settings.from_environment()
    assert "README" in caught.value.advice
