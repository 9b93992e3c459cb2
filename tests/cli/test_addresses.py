"""Addresses, keys and proxies as a person gives them on the command line, down to the bytes that are sent."""

import base64
import json
from email.utils import formatdate
from time import time

import pytest

from tests.cli.running import KEY, playground
from tests.upstream import Script, Status, ThreadedUpstream, scripts

LOGIN = "ada:s3cret"
BASIC = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"
SEND = ("send", "chat-odd-sum")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("http://{host}/openai/v1?api-version=2025-01-01", "/openai/v1/chat/completions?api-version=2025-01-01"),
        ("{host}/v1", "/v1/chat/completions"),
        ("http://{host}/v1/chat/completions", "/v1/chat/completions"),
        ("{host}/v1/models?a=b", "/v1/chat/completions?a=b"),
    ],
)
def test_where_a_request_goes(threaded_upstream: ThreadedUpstream, typed: str, target: str) -> None:
    host = threaded_upstream.origin.removeprefix("http://")
    threaded_upstream.on(target.partition("?")[0], scripts.answer("Hi."))
    ran = playground(*SEND, "--backend", typed.format(host=host), CUSTOM_API_KEY=f"  {KEY}\r\n")
    assert (ran.status, ran.out) == (0, "Hi.\n")
    (sent,) = threaded_upstream.requests
    assert sent.target == target
    assert sent.header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("level", ["warning", "debug"])
def test_a_login_goes_as_basic_and_is_printed_nowhere(threaded_upstream: ThreadedUpstream, level: str) -> None:
    url = threaded_upstream.base_url.replace("http://", f"http://{LOGIN}@")
    threaded_upstream.default(scripts.router_error(401, f"No: {LOGIN}, {BASIC}."))
    told, ran = (playground(*SEND, *words, "--backend", url, PLAYGROUND_LOG_LEVEL=level) for words in ((), ("--json",)))
    said = told.out + told.err + ran.out + ran.err
    assert (told.status, ran.status) == (1, 1)
    assert "s3cret" not in said
    assert BASIC.removeprefix("Basic ") not in said
    assert {sent.header("authorization") for sent in threaded_upstream.requests} == {BASIC}
    document = json.loads(ran.out)
    assert document["request"]["headers"]["Authorization"] == "Basic $CUSTOM_API_LOGIN"
    assert document["request"]["url"] == f"{threaded_upstream.base_url}/chat/completions"


@pytest.mark.parametrize("language", ["curl", "python"])
def test_its_snippet_names_a_variable(threaded_upstream: ThreadedUpstream, language: str) -> None:
    url = threaded_upstream.base_url.replace("http://", f"{LOGIN}@")
    ran = playground("snippet", "chat-odd-sum", "--lang", language, "--backend", url)
    assert ran.status == 0
    assert "s3cret" not in ran.out + ran.err
    assert "CUSTOM_API_LOGIN" in ran.out
    assert f"{threaded_upstream.base_url}/chat/completions" in ran.out


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"http://{LOGIN}@127.0.0.1:9/v1#top", "fragment"),
        (f"ftp://{LOGIN}@127.0.0.1:9/v1", "http:// or https://"),
        (f"http://{LOGIN}@127.0.0.1:port/v1", "cannot be read"),
    ],
)
def test_what_is_refused_shows_no_password(url: str, why: str) -> None:
    typed = playground(*SEND, "--json", "--backend", url)
    for ran in (typed, playground(*SEND, "--json", PLAYGROUND_CUSTOM_BASE_URL=url)):
        assert ran.status == 2
        assert why in ran.err
        assert "s3cret" not in ran.out + ran.err


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_a_socks_proxy_is_not_passed_over(
    threaded_upstream: ThreadedUpstream, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("no_proxy", "NO_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    words = (*SEND, "--retries", "3", "--backend", threaded_upstream.base_url)
    monkeypatch.setenv(name, f"socks5://{LOGIN}@127.0.0.1:9")
    ran = playground(*words)
    assert ran.status == 2
    assert f"{name.lower()}: socks5://***@127.0.0.1:9 is a SOCKS proxy" in ran.err
    assert threaded_upstream.requests == []
    threaded_upstream.default(scripts.answer("Hi."))
    assert playground(*words, NO_PROXY="127.0.0.0/8").status == 0


def test_a_redirect_names_the_base_url(threaded_upstream: ThreadedUpstream) -> None:
    location = (("location", "https://127.0.0.1:9/v1/chat/completions"), ("content-length", "0"))
    threaded_upstream.default(Script((Status(308, location, "Permanent Redirect"),)))
    ran = playground(*SEND, "--json", "--backend", threaded_upstream.base_url)
    assert (
        json.loads(ran.out)["error"]["advice"]
        == "Redirects are not followed; use https://127.0.0.1:9/v1 as the base URL."
    )


def test_a_date_is_waited_for(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.enqueue(scripts.rate_limited(formatdate(time() + 3, usegmt=True)), scripts.answer("Hi."))
    begun = time()
    ran = playground(*SEND, "--retries", "1", "--backend", threaded_upstream.base_url)
    assert (ran.status, len(threaded_upstream.requests)) == (0, 2)
    assert time() - begun > 1.9  # without the date it is 1 s, and the program starts within 0.9 s at best
