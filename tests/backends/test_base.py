"""The list of backends, and how a name or a URL becomes one."""

from typing import Any

import pytest
from pydantic import SecretStr

from playground.backends import Backend, list_backends, resolve
from playground.backends.base import is_url
from playground.errors import MissingKey, UnknownBackend
from playground.settings import Settings
from playground.wire.prepared import Auth, Target


def settings(**fields: Any) -> Settings:
    """The defaults, whatever the environment says."""
    keys = {"therouter_api_key": None, "custom_api_key": None}
    return Settings.model_construct(**(keys | fields))


def test_the_list_in_its_order() -> None:
    router, embedded, custom = list_backends(settings())
    assert [b.title for b in (router, embedded, custom)] == ["TheRouter", "Embedded", "Custom URL"]
    assert router.target == Target("https://api.therouter.ai/v1", "THEROUTER_API_KEY")
    assert (router.needs_key, router.default_model) == (True, "deepseek/deepseek-v3.2")
    assert (embedded.target, embedded.needs_key, bool(embedded.default_model)) == (Target(""), False, True)
    assert (custom.target, custom.needs_key, custom.default_model) == (Target("http://127.0.0.1:8000/v1"), False, "")


def test_what_the_settings_and_the_visitor_say() -> None:
    made = settings(therouter_base_url="http://r/v1/", custom_base_url="http://c/v1")
    router, embedded, custom = list_backends(made, embedded_url="http://e/v1", custom_url=" http://mine/v1/ ")
    bases = [b.target.base_url for b in (router, embedded, custom)]
    assert bases == ["http://r/v1", "http://e/v1", "http://mine/v1"]
    for typed in (None, "", "  "):
        assert list_backends(made, custom_url=typed)[2].target.base_url == "http://c/v1"


def test_a_key_is_named_only_where_there_is_one() -> None:
    assert list_backends(settings())[2].target.key_name is None
    assert list_backends(settings(), custom_key=True)[2].target.key_name == "CUSTOM_API_KEY"
    assert list_backends(settings(custom_api_key=SecretStr("k")))[2].target.key_name == "CUSTOM_API_KEY"
    assert list_backends(settings())[0].target.key_name == "THEROUTER_API_KEY"  # it always needs one
    assert list_backends(settings())[1].target.key_name is None


def test_the_key_to_send() -> None:
    backend = Backend("b", "B", Target("http://b/v1", "B_KEY"), SecretStr("sk-recognisable"), needs_key=True)
    assert backend.key_to_send() == "sk-recognisable"
    assert backend.key_to_send("the visitor's") == "the visitor's"
    assert "sk-recognisable" not in repr(backend)
    assert Backend("c", "C", Target("http://c/v1")).key_to_send() is None
    with pytest.raises(MissingKey, match="B needs an API key") as caught:
        Backend("b", "B", Target("http://b/v1", "B_KEY"), needs_key=True).key_to_send()
    assert "B_KEY" in caught.value.advice


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("therouter", "therouter"),
        ("TheRouter", "therouter"),
        ("EMBEDDED", "embedded"),
        ("custom", "custom"),
        ("custom url", "custom"),
        ("http://h:1/v1", "custom"),
        (" https://h/v1/ ", "custom"),
        ("h:8000/v1", "custom"),
        ("localhost", "custom"),
    ],
)
def test_a_name_or_a_url(word: str, name: str) -> None:
    assert resolve(word, settings(), embedded_url="http://e/v1").name == name


def test_a_url_becomes_the_target() -> None:
    assert resolve(" https://h/v1/ ", settings()).target.base_url == "https://h/v1"
    assert resolve("h:8000/v1/chat/completions?a=b", settings()).target.base_url == "http://h:8000/v1?a=b"


def test_a_login_in_a_url_is_its_key() -> None:
    made = settings(custom_api_key=SecretStr("sk-recognisable"))
    found = resolve("http://ada:s3cret@h/v1", made)
    assert found.target == Target("http://h/v1", "CUSTOM_API_LOGIN", Auth.BASIC)
    assert found.key_to_send() == found.key_to_send("the visitor's") == "ada:s3cret"
    assert "s3cret" not in repr(found)


def test_a_login_in_a_setting_goes_with_its_url_alone() -> None:
    made = Settings(
        therouter_base_url="http://ada:s3cret@r/v1", custom_base_url="ada:s3cret@c/v1/models", THEROUTER_API_KEY=None
    )
    router, _, custom = list_backends(made)
    assert router.target == Target("http://r/v1", "THEROUTER_API_LOGIN", Auth.BASIC)
    assert router.key_to_send() == custom.key_to_send() == "ada:s3cret"
    for typed in ("http://c/v1", "c/v1/"):  # as it is shown
        assert list_backends(made, custom_url=typed)[2] == custom
    for typed in ("http://c/v2", "http://c:1/v1", "http://x/v1"):
        other = list_backends(made, custom_url=typed)[2]
        assert (other.target.auth, other.key) == (Auth.BEARER, made.custom_api_key)


def test_a_url_that_cannot_be_used_is_told_when_it_is_needed() -> None:
    *_, custom = list_backends(settings(), custom_url="http://h/v1#x")
    assert custom.target.base_url == ""
    assert custom.fault is not None
    assert "fragment" in custom.fault.message
    with pytest.raises(UnknownBackend, match="fragment"):
        resolve("http://h/v1#x", settings())
    with pytest.raises(UnknownBackend) as caught:
        resolve("ftp://ada:s3cret@h/v1", settings())
    assert "s3cret" not in str(caught.value.to_dict())


@pytest.mark.parametrize("word", ["", "openai", "ftp://h/v1", "http://", "//h/v1", "http://[", "/v1"])
def test_what_is_neither(word: str) -> None:
    assert not is_url(word)
    with pytest.raises(UnknownBackend) as caught:
        resolve(word, settings())
    assert "therouter, embedded, custom" in caught.value.advice
