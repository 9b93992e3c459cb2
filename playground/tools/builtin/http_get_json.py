"""`http_get_json`: a JSON document by HTTP GET, from hosts on a list and from nowhere else.

The URL is a model's: without a list nothing is reached, redirects are followed only as far as the list goes, and
time and size have limits. A name on the list that comes to mean an inside address is of no use: what is asked is
checked on the very address that is connected to, for each redirect anew, and through no proxy.
"""

import asyncio
import ssl
import time
from collections.abc import Collection
from typing import Any

import aiohttp
import httpx
import orjson

from playground import __version__
from playground.addresses import InternalHosts
from playground.client.failures import transport_error, words
from playground.client.transport import build_http_client
from playground.errors import AddressRefused, RequestTimeout
from playground.tools.builtin.base import Builtin, ToolFailed, text_argument
from playground.tools.definitions import make_tool

MAX_BYTES = 256 * 2**10
TIMEOUT_S = 15.0
MAX_REDIRECTS = 3
HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",  # a compressed body could unfold to any size
    "user-agent": f"chat-playground/{__version__}",
}
PORTS = {"http": 80, "https": 443}


def make_http_get_json(
    hosts: Collection[str],
    *,
    internal: InternalHosts | None = None,
    timeout_s: float = TIMEOUT_S,
    max_bytes: int = MAX_BYTES,
) -> Builtin:
    """The function.

    Args:
        hosts: `name` (at the usual ports) or `name:port`; only these are asked. An inside host is listed by its
            address, as `localhost`, or by a name that `internal` has too.
        internal: the inside hosts and networks that names of `hosts` may mean.
        timeout_s: for the whole call, in seconds.
        max_bytes: the largest answer.
    """
    getter = _Getter(hosts, internal or InternalHosts(), timeout_s, max_bytes)
    about = f"http(s) URL; the hosts allowed are: {getter.there}"
    parameters = {
        "type": "object",
        "properties": {"url": {"type": "string", "description": about}},
        "required": ["url"],
    }
    return Builtin(make_tool("http_get_json", "Get a JSON document by HTTP.", parameters), getter.call)


class _Getter:
    def __init__(self, hosts: Collection[str], internal: InternalHosts, timeout_s: float, max_bytes: int) -> None:
        self._allowed = frozenset(host.strip().lower() for host in hosts if host.strip())
        self._internal = internal
        self._context: ssl.SSLContext | None = None
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self.there = ", ".join(sorted(self._allowed)) or "none"

    async def call(self, arguments: dict[str, Any]) -> Any:
        url = text_argument(arguments, "url")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._get(url)
        except TimeoutError:
            raise self._too_late() from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            failed = transport_error(error, url, self._timeout_s, guarded=True)
            if isinstance(failed, RequestTimeout):
                raise self._too_late() from None
            # A name without an address reads as one whose address may not be asked.
            refused = isinstance(failed, AddressRefused)
            why = "it has no address that may be reached from here" if refused else words(error)
            raise ToolFailed(f"The host does not respond: {why}.") from None

    def _too_late(self) -> ToolFailed:
        return ToolFailed(f"No complete response arrived within {self._timeout_s:g} s.")

    async def _get(self, text: str) -> Any:
        url = httpx.URL(text)
        if self._context is None:  # read once, and not by the event loop, which others wait for
            self._context = await asyncio.to_thread(httpx.create_ssl_context)
        context = self._context
        for _ in range(MAX_REDIRECTS + 1):
            self._check(url)
            async with (
                self._client(url, context) as client,
                client.stream("GET", url, headers=HEADERS, follow_redirects=False) as response,
            ):
                if response.next_request is None:
                    return await _read(response, self._max_bytes)
                url = response.next_request.url
        raise ToolFailed(f"The host redirects more than {MAX_REDIRECTS} times.")

    def _client(self, url: httpx.URL, context: ssl.SSLContext) -> httpx.AsyncClient:
        """A client for this hop alone: another host may mean other addresses."""
        allowed = self._internal.addresses_of(url.host)
        return build_http_client(context, time.monotonic, self._timeout_s, allow_address=allowed)

    def _check(self, url: httpx.URL) -> None:
        if url.scheme not in PORTS or not url.host:
            raise ToolFailed("It is not an http or https URL.")
        if url.userinfo:
            raise ToolFailed("The URL holds a user name; none is sent.")
        host = f"[{url.host}]" if ":" in url.host else url.host
        port = url.port or PORTS[url.scheme]
        if f"{host}:{port}" not in self._allowed and not (port == PORTS[url.scheme] and host in self._allowed):
            raise ToolFailed(f"The host {host}:{port} is not on the list. Allowed: {self.there}.")


async def _read(response: httpx.Response, max_bytes: int) -> Any:
    if not response.is_success:
        raise ToolFailed(f"The host returned {response.status_code} {response.reason_phrase}".strip() + ".")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ToolFailed("The host returned a compressed body, although it was asked not to.")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > max_bytes:
            raise ToolFailed(f"The document is larger than {max_bytes:,} bytes.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise ToolFailed("The host did not return JSON.") from None
