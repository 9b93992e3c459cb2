"""A redirect is told as the base URL that leads there."""

import pytest

from playground.wire.error_body import parse_error
from playground.wire.redirect import advise_redirect

ASKED = "http://h:8000/v1/chat/completions"


@pytest.mark.parametrize(
    ("asked", "location", "base"),
    [
        (ASKED, "https://h/v1/chat/completions", "https://h/v1"),
        (ASKED, "https://h/v1/chat/completions/", "https://h/v1"),
        (ASKED, "/api/v1/chat/completions", "http://h:8000/api/v1"),
        (ASKED, "//other/v1/chat/completions", "http://other/v1"),
        ("http://h/v1/models", "https://h/v1/models", "https://h/v1"),
        (
            "http://h/v1/chat/completions?api-version=1",
            "https://h/v1/chat/completions?api-version=1",
            "https://h/v1?api-version=1",
        ),
        (ASKED, "https://ada:s3cret@h/v1/chat/completions", "https://h/v1"),
        ("", "https://other.example/v1", "https://other.example/v1"),
    ],
)
def test_the_base_url_is_named(asked: str, location: str, base: str) -> None:
    said = advise_redirect(asked, location)
    assert said == f"Redirects are not followed; use {base} as the base URL."


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://h/login?next=/v1/chat/completions", "another endpoint"),
        ("/", "another endpoint"),
        ("http://h:8000/v1/chat/completions/", "same base URL: http://h:8000/v1."),
        ("", "does not name it"),
        (" ", "does not name it"),
        ("http://[", "no usable address"),
        ("mailto:ada@example.com", "no usable address"),
        ("http://h/v1#top", "no usable address"),
        ("ftp://ada:s3cret@h/v1/chat/completions", "no usable address"),
        ("https://ada:s3cret@h/login", "another endpoint"),
        ("https://h/" + "x" * 10_000, "another endpoint"),
    ],
)
def test_what_leads_nowhere_is_told(location: str, words: str) -> None:
    error = parse_error(302, "Found", (("Location", location),), b"", url=ASKED)
    assert words in error.advice
    assert "s3cret" not in error.advice
    assert len(error.advice) < 500
