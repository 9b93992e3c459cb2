"""A base URL as people type and paste it, and what can be made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.base_url import BaseUrl, endpoint, looks_like_url, origin_of, read_base_url, without_login
from playground.errors import InvalidUrl


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://h:1/v1", "http://h:1/v1"),
        ("  https://h/v1/ \n", "https://h/v1"),
        ("HTTP://h/v1", "http://h/v1"),
        ("http://h", "http://h"),
        ("http://h/v1?", "http://h/v1"),
        # without a scheme
        ("127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("localhost", "http://localhost"),
        ("localhost:8000", "http://localhost:8000"),
        ("[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("gpu-box/v1", "http://gpu-box/v1"),
        ("api.example.com/v1", "http://api.example.com/v1"),
        ("localhost:8000/v1?next=http://x", "http://localhost:8000/v1?next=http://x"),
        # with an endpoint
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1/chat/completions/", "http://h/v1"),
        ("http://h/v1/completions", "http://h/v1"),
        ("http://h/v1/models", "http://h/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/chat/completions", "http://h"),
        ("h:8000/v1/Chat/Completions", "http://h:8000/v1"),
        ("https://x.services.ai.azure.com/models/chat/completions", "https://x.services.ai.azure.com/models"),
        ("http://h/v1/chat/completions/models", "http://h/v1"),
        (
            "https://x.services.ai.azure.com/models?api-version=1",
            "https://x.services.ai.azure.com/models?api-version=1",
        ),
        ("http://h/v1/mymodels", "http://h/v1/mymodels"),
        # with a query, which stays behind the path
        ("https://h/openai/v1?api-version=2025-01-01", "https://h/openai/v1?api-version=2025-01-01"),
        ("https://h/openai/v1/chat/completions?api-version=1&a=b", "https://h/openai/v1?api-version=1&a=b"),
        ("https://h/openai/v1/?api-version=1", "https://h/openai/v1?api-version=1"),
    ],
)
def test_what_a_person_means(typed: str, url: str) -> None:
    assert read_base_url(typed) == BaseUrl(url)
    assert read_base_url(url) == BaseUrl(url)


@pytest.mark.parametrize(
    ("typed", "url", "login"),
    [
        ("http://ada:s3cret@h/v1", "http://h/v1", "ada:s3cret"),
        ("ada:s3cret@h:8000/v1/models", "http://h:8000/v1", "ada:s3cret"),
        ("http://ada:s%2Fc%40%23%3A@h/v1", "http://h/v1", "ada:s/c@#:"),
        ("http://ada@example.com:word@h/v1", "http://h/v1", "ada@example.com:word"),
        ("http://ada@h/v1", "http://h/v1", "ada:"),
        ("http://:word@h/v1", "http://h/v1", ":word"),
        ("http://@h/v1", "http://h/v1", None),
    ],
)
def test_a_login(typed: str, url: str, login: str | None) -> None:
    base = read_base_url(typed)
    assert str(base) == base.url == url
    assert (base.login.get_secret_value() if base.login else None) == login
    assert "s3cret" not in repr(base)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("http://h/v1#", "fragment"),
        ("http://h/v1#/models", "fragment"),
        ("ftp://h/v1", "use http"),
        ("file:///etc/passwd", "use http"),
        ("http:/h/v1", "//"),
        ("https:h/v1", "//"),
        ("http://", "no valid host"),
        ("http:///v1", "no valid host"),
        ("//h/v1", "no valid host"),
        ("/v1", "no valid host"),
        ("?a=b", "no valid host"),
        ("http://a b/v1", "no valid host"),
        ("http://h\\v1", "no valid host"),
        ("http://{host}/v1", "no valid host"),
        ("http://[::1/v1", "cannot be read"),
        ("http://h:port/v1", "cannot be read"),
        ("http://h:99999/v1", "cannot be read"),
        ("::1", "cannot be read"),
        ("http://h/v\n1", "control character"),
    ],
)
def test_what_is_refused(typed: str, why: str) -> None:
    with pytest.raises(InvalidUrl, match=why):
        read_base_url(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "http://ada:s3cret@h/v1#part",
        "http://ada:s3/cret@h/v1",
        "http://ada:s3#cret@h/v1",
        "http://ada:s3?cret@h/v1",
        "http://ada:s3\tcret@h/v1",
        "ftp://ada:s3cret@h/v1",
        "http:/ada:s3cret@h/v1",
        "http://ada:s3cret@/v1",
        "http://ada:s3cret@h:port/v1",
        "ada:s3[cret@h/v1",
    ],
)
def test_a_refusal_shows_no_password(typed: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        read_base_url(typed)
    said = str(caught.value.to_dict())
    assert "s3" not in said
    assert "cret" not in said


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        base = read_base_url(text)
    except InvalidUrl:
        return
    assert base.url.startswith(("http://", "https://"))
    assert "#" not in base.url
    assert not base.url.partition("?")[0].endswith("/")
    assert read_base_url(base.url) == BaseUrl(base.url)


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("http://h/v1", "models", "http://h/v1/models"),
        ("http://h/v1/", "chat/completions", "http://h/v1/chat/completions"),
        ("http://h?a=b/c", "health", "http://h/health?a=b/c"),
        ("", "models", "/models"),
    ],
)
def test_an_endpoint(base: str, path: str, url: str) -> None:
    assert endpoint(base, path) == url


def test_origins() -> None:
    spelled = ("http://h:1", " http://h:1/ ", "http://h:1/v1", "http://h:1/v1/")
    assert {origin_of(url) for url in spelled} == {"http://h:1"}
    assert origin_of("http://h/openai/v1?api-version=1") == "http://h/openai?api-version=1"


def test_what_is_rather_a_url_than_a_name() -> None:
    assert all(map(looks_like_url, ("http://h", "h:8000", "localhost", "LOCALHOST", "1.2.3.4", "h/v1", "[::1]", "#.")))
    assert not any(map(looks_like_url, ("", "therouter", "custom url", "openai")))


def test_a_url_without_its_login() -> None:
    assert without_login("http://a:b@h/v1") == "http://***@h/v1"
    assert without_login("a:b@h") == "***@h"
    assert without_login("http://h/v1") == "http://h/v1"
    with pytest.raises(InvalidUrl) as caught:
        read_base_url("http://h/" + "x" * 10_000 + "#")
    assert len(caught.value.message) < 300
