"""Settings come from the environment, and a wrong one is named."""

import pytest
from pydantic import SecretStr

from playground.base_url import BaseUrl
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


@pytest.mark.parametrize("blank", [" ", "\n", "\r\n", "\t", "\u00a0"])
@pytest.mark.parametrize("name", ["THEROUTER_API_KEY", "CUSTOM_API_KEY", "SERVER_API_KEY"])
def test_blanks_around_a_key_are_no_part_of_it(monkeypatch: pytest.MonkeyPatch, name: str, blank: str) -> None:
    monkeypatch.setenv(name, f"{blank}sk-recognisable{blank}")
    key = getattr(Settings.from_environment(), name.lower())
    assert key.get_secret_value() == "sk-recognisable"
    monkeypatch.setenv(name, blank)
    assert getattr(Settings.from_environment(), name.lower()) is None


def test_a_base_url_is_kept_as_it_may_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_CUSTOM_BASE_URL", " ada:s3cret@h:8000/v1/chat/completions?a=b ")
    settings = Settings.from_environment()
    assert settings.custom_base_url == settings.custom_url.url == "http://h:8000/v1?a=b"
    assert settings.custom_url.login == SecretStr("ada:s3cret")
    assert settings.model_copy(update={"port": 1}).custom_url == settings.custom_url
    assert {"ada:s3cret", "s3cret"} <= set(settings.secrets())
    assert "s3cret" not in repr(settings) + settings.model_dump_json()
    assert settings.therouter_url == BaseUrl("https://api.therouter.ai/v1")


@pytest.mark.parametrize("name", ["THEROUTER", "CUSTOM"])
def test_an_empty_base_url_is_the_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"PLAYGROUND_{name}_BASE_URL", " ")
    settings = Settings.from_environment()
    assert settings.custom_base_url == "http://127.0.0.1:8000/v1"
    assert settings.therouter_base_url == "https://api.therouter.ai/v1"
    assert not settings.model_fields_set & {"custom_base_url", "therouter_base_url"}


@pytest.mark.parametrize("name", ["PLAYGROUND_THEROUTER_BASE_URL", "PLAYGROUND_CUSTOM_BASE_URL"])
def test_a_wrong_base_url_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://ada:s3cret@h/v1#part")
    with pytest.raises(InvalidSetting, match=f"^{name}: The base URL .* has a fragment") as caught:
        Settings.from_environment()
    assert "s3cret" not in str(caught.value.to_dict())
