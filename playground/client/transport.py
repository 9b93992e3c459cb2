"""The HTTP client under the `Client`: timed connections, the environment's proxies, no cookies, no `.netrc`."""

import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport


@dataclass(slots=True)
class Connection:
    """What aiohttp's trace says of one request's connection."""

    at: float | None = None
    reused: bool = False


connection_of_task: ContextVar[Connection | None] = ContextVar("connection", default=None)


def build_http_client(context: ssl.SSLContext, clock: Callable[[], float], connect_s: float) -> httpx.AsyncClient:
    """An HTTP client whose connections are timed by `clock`, in the `Connection` of the task that asks."""
    return httpx.AsyncClient(
        transport=_Transport(client=lambda: _session(context, clock)),
        timeout=httpx.Timeout(None, connect=connect_s),
        follow_redirects=False,
        # As the session's: a backend's cookies must not travel from visitor to visitor.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def _session(context: ssl.SSLContext, clock: Callable[[], float]) -> aiohttp.ClientSession:
    """A session whose connections are timed: aiohttp runs its traces in the task of the request."""

    async def created(*_: object) -> None:
        if connection := connection_of_task.get():
            connection.at = clock()

    async def reused(*_: object) -> None:
        if connection := connection_of_task.get():
            connection.at, connection.reused = clock(), True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(created)
    trace.on_connection_reuseconn.append(reused)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    return aiohttp.ClientSession(
        connector=connector,
        trace_configs=[trace],
        cookie_jar=aiohttp.DummyCookieJar(),  # a backend's cookies must not travel from visitor to visitor
        trust_env=False,  # it would send what ~/.netrc says of the host; `_proxy` reads the proxies
    )


class _Transport(AiohttpTransport):
    """httpx-aiohttp's transport with the proxies of the environment, and without its `.netrc`."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.proxy = _proxy(request.url)  # read before the first await of the next line
        return await super().handle_async_request(request)


def _proxy(url: httpx.URL) -> httpx.Proxy | None:
    """What `http_proxy`, `https_proxy` and `no_proxy` say of `url`; a SOCKS proxy is passed over."""
    address = getproxies().get(url.scheme)
    if not address or proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    proxy = httpx.URL(address if "://" in address else f"http://{address}")
    return httpx.Proxy(proxy) if proxy.scheme in {"http", "https"} else None  # aiohttp knows no others
