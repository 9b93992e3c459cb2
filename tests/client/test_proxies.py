"""The proxies of the environment: used, or refused aloud, never passed over."""

import base64
import socket

import httpx
import pytest

from playground.client import Client
from playground.client.proxies import proxy_for
from playground.errors import ConnectFailed, InvalidSetting
from tests.client.asking import exchange
from tests.upstream import Upstream, scripts

URL = httpx.URL("https://api.example.com/v1/models")


def proxy(url: httpx.URL = URL) -> str | None:
    found = proxy_for(url)
    return str(found.url) if found else None


@pytest.mark.parametrize("name", ["all_proxy", "ALL_PROXY", "http_proxy"])
async def test_it_is_used(client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, upstream.origin.replace("http://", "http://ada:s3cret@"))
    upstream.default(scripts.stream(("Hi.",)))
    found = await exchange(client, "http://backend.invalid/v1")
    assert (found.error, found.answer.content) == (None, "Hi.")
    assert upstream.requests[0].target == "http://backend.invalid/v1/chat/completions"
    login = base64.b64encode(b"ada:s3cret").decode()
    assert upstream.requests[0].header("proxy-authorization") == f"Basic {login}"


@pytest.mark.parametrize("name", ["http_proxy", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks4a", "socks"])
async def test_a_socks_proxy_is_refused_aloud(
    client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    monkeypatch.setenv(name, f"{scheme}://ada:s3cret@127.0.0.1:9")
    found = await exchange(client, upstream.base_url)
    assert isinstance(found.error, InvalidSetting)
    assert f"{name.lower()}: {scheme}://***@127.0.0.1:9 is a SOCKS proxy" in found.error.message
    assert "no_proxy" in found.error.advice
    assert upstream.requests == []
    with pytest.raises(InvalidSetting):
        await client.get_json(f"{upstream.base_url}/models")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:9", "http://", "http://[", "http://127.0.0.1:port"])
def test_what_is_no_proxy_is_refused_too(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(InvalidSetting, match="https_proxy"):
        proxy()


def test_the_schemes_own_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy() is None
    monkeypatch.setenv("all_proxy", "proxy.example:3128")
    assert proxy() == "http://proxy.example:3128"
    monkeypatch.setenv("https_proxy", "http://own.example:3128")
    assert proxy() == "http://own.example:3128"
    assert proxy(httpx.URL("http://h/v1")) == "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("*", "http://h/v1", True),
        ("h", "http://h:8000/v1", True),
        ("h:8000", "http://h:8000/v1", True),
        ("h:8001", "http://h:8000/v1", False),
        ("h:443", "https://h/v1", True),
        ("other, h", "http://h/v1", True),
        ("other h", "http://h/v1", True),
        ("example.com", "http://api.example.com/v1", True),
        (".example.com", "http://api.example.com/v1", True),
        ("*.example.com", "http://api.example.com/v1", True),
        ("Example.com", "http://API.example.com/v1", True),
        ("ample.com", "http://example.com/v1", False),
        ("127.0.0.1", "http://127.0.0.1:8000/v1", True),
        ("127.0.0.0/8", "http://127.0.0.1:8000/v1", True),
        ("10.0.0.0/8", "http://127.0.0.1:8000/v1", False),
        ("::1", "http://[::1]:8000/v1", True),
        ("[::1]", "http://[::1]:8000/v1", True),
        ("[::1]:8001", "http://[::1]:8000/v1", False),
        ("fd00::/8", "http://[fd00::1]/v1", True),
        ("", "http://h/v1", False),
        (" , ", "http://h/v1", False),
    ],
)
def test_no_proxy(monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, *, direct: bool) -> None:
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert (proxy(httpx.URL(url)) is None) is direct


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_does_not_answer_is_named(
    client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("all_proxy", f"http://ada:s3cret@127.0.0.1:{port}")
    found = await exchange(client, f"{scheme}://backend.invalid/v1")
    assert isinstance(found.error, ConnectFailed)
    assert "proxy" in found.error.message
    assert "no_proxy" in found.error.advice
    assert "s3cret" not in str(found.error.to_dict())
    monkeypatch.setenv("all_proxy", upstream.origin)
    upstream.default(scripts.empty_error(503))
    refused = await exchange(client, "https://backend.invalid/v1")  # which knows no CONNECT
    assert isinstance(refused.error, ConnectFailed)
    assert "proxy" in refused.error.message


async def test_a_server_of_the_apps_own_is_asked_directly(
    client: Client, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    client.is_own = lambda url: url.startswith(upstream.origin)
    assert (await exchange(client, upstream.base_url)).error is None
    assert isinstance((await exchange(client, "http://127.0.0.1:9/v1")).error, InvalidSetting)
