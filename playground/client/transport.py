"""The HTTP client under the `Client`: timed connections, the environment's proxies, no cookies, no `.netrc`."""

import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from playground.client.proxies import proxy_for

MAX_HEADER_BYTES = 64 * 2**10  # of one header, and of the status line; a policy for a browser may well be 9 KB
MAX_HEADERS = 512


@dataclass(slots=True)
class Connection:
    """What aiohttp's trace says of one request's connection."""

    at: float | None = None
    reused: bool = False


connection_of_task: ContextVar[Connection | None] = ContextVar("connection", default=None)


def build_http_client(
    context: ssl.SSLContext,
    clock: Callable[[], float],
    connect_s: float,
    *,
    allow_address: Callable[[str], bool] | None = None,
    is_own: Callable[[str], bool] = lambda _: False,
) -> httpx.AsyncClient:
    """An HTTP client whose connections are timed by `clock`, in the `Connection` of the task that asks.

    With `allow_address` it connects to those IP addresses only, and through no proxy; nor through one to a URL that
    `is_own`.
    """
    return httpx.AsyncClient(
        transport=_Transport(
            (lambda _: True) if allow_address else is_own,
            verify=context,  # it would else read all trusted certificates again: 30 ms and more of the event loop
            client=lambda: _session(context, clock, allow_address),
        ),
        timeout=httpx.Timeout(None, connect=connect_s),
        follow_redirects=False,
        # As the session's: a backend's cookies must not travel from visitor to visitor.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


NOT_ALLOWED = "the address is not allowed"


class AddressNotAllowed(OSError):
    """What `_socket` raises; its words are the same for each address, so that aiohttp raises the error itself.

    Where other addresses of the name fail in other ways, aiohttp makes one error of all their words.
    """


def _socket(allow_address: Callable[[str], bool]) -> Callable[[Any], socket.socket]:
    """Makes the sockets of allowed addresses.

    aiohttp calls it with the very address that it connects to next, be it from DNS or from the URL: a name that
    means another address the second time is of no use, nor is another spelling of an address.
    """

    def build(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not allow_address(address[0]):
            raise AddressNotAllowed(NOT_ALLOWED)
        return socket.socket(family, kind, protocol)

    return build


def _session(
    context: ssl.SSLContext, clock: Callable[[], float], allow_address: Callable[[str], bool] | None
) -> aiohttp.ClientSession:
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
    guard = _socket(allow_address) if allow_address else None
    connector = aiohttp.TCPConnector(ssl=context, limit=0, socket_factory=guard)
    return aiohttp.ClientSession(
        connector=connector,
        trace_configs=[trace],
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        max_headers=MAX_HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),  # a backend's cookies must not travel from visitor to visitor
        trust_env=False,  # it would send what ~/.netrc says of the host; `proxy_for` reads the proxies
    )


class _Transport(AiohttpTransport):
    """httpx-aiohttp's transport with the proxies of the environment, and without its `.netrc`."""

    def __init__(self, is_direct: Callable[[str], bool], **keywords: Any) -> None:
        super().__init__(**keywords)
        self._is_direct = is_direct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        direct = self._is_direct(str(request.url))
        self.proxy = None if direct else proxy_for(request.url)  # read before the first await of the next line
        return await super().handle_async_request(request)
