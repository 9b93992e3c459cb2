"""What httpx and aiohttp raise, as this program's typed errors."""

import ssl
from collections.abc import Callable, Iterator

import aiohttp
import httpx
from aiohttp.http_exceptions import LineTooLong

from playground.client.transport import MAX_HEADER_BYTES, NOT_ALLOWED
from playground.errors import (
    AddressRefused,
    ConnectFailed,
    NameResolutionFailed,
    PlaygroundError,
    RequestTimeout,
    TLSFailed,
    TransportError,
)


def timed_out(url: str, phase: str, timeout_s: float) -> RequestTimeout:
    """The typed error for a wait that took too long; `phase` is as in `RequestTimeout`."""
    what = {
        "connect": "no connection to",
        "first_byte": "no response from",
        "between_chunks": "no further data from",
    }[phase]
    return RequestTimeout(
        f"There was {what} {url} within {timeout_s:g} s.",
        url=url,
        phase=phase,
        timeout_s=timeout_s,
        advice=f"Try again; the limit is the setting PLAYGROUND_{phase.upper()}_TIMEOUT_S.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def words(error: BaseException) -> str:
    """What the error says, or the first of its causes that says something."""
    return next((str(e) for e in _causes(error) if str(e)), type(error).__name__)


def transport_error(error: Exception, url: str, connect_s: float, *, guarded: bool = False) -> PlaygroundError:
    """The typed error for what httpx or aiohttp raised, by its causes.

    Args:
        error: what was raised.
        url: what was asked.
        connect_s: how long a connection was waited for.
        guarded: some addresses may not be reached. A name that has no address is then told in the same words as one
            that has only such addresses: two different errors would tell which inside names exist.
    """
    causes = list(_causes(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    refused = any(NOT_ALLOWED in str(cause) for cause in causes)
    if refused or (guarded and any_is(aiohttp.ClientConnectorDNSError)):
        return AddressRefused(
            f"{url} may not be reached from here: its host has no public address.",
            url=url,
            advice="Check the spelling. The app is open to others, so a Custom URL reaches public addresses only. "
            "Its operator can name inside hosts in PLAYGROUND_INTERNAL_HOSTS.",
        )
    no_url = any_is(aiohttp.InvalidURL, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)
    if no_url or type(error) is ValueError:  # the last: aiohttp takes no name and password in a URL
        return ConnectFailed(
            f"{url} is not a URL that can be requested: {words(error)}.",
            url=url,
            advice="A base URL looks like http://127.0.0.1:8000/v1.",
        )
    if any_is(aiohttp.ConnectionTimeoutError, aiohttp.ServerTimeoutError, TimeoutError):
        return timed_out(url, "connect", connect_s)
    return _on_the_way(any_is, error, url)


def _on_the_way(any_is: Callable[..., bool], error: Exception, url: str) -> PlaygroundError:
    """What went wrong between here and the server, which was looked for in time."""
    if any_is(aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError):
        return ConnectFailed(
            f"The proxy for {url} cannot reach it ({words(error)}).",
            url=url,
            advice="Check http_proxy, https_proxy and all_proxy, or list the host in no_proxy to connect directly.",
        )
    if any_is(LineTooLong):
        return TransportError(
            f"The response from {url} has headers larger than {MAX_HEADER_BYTES // 1024} KiB.",
            url=url,
            advice="Check that the URL is an API and not a website.",
        )
    if any_is(aiohttp.ClientConnectorDNSError):
        return NameResolutionFailed(
            f"The host name in {url} cannot be resolved ({words(error)}).",
            url=url,
            advice="Check the spelling, and that this machine has a network.",
        )
    if any_is(aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError):
        return TLSFailed(
            f"A secure connection to {url} failed ({words(error)}).",
            url=url,
            advice="The certificate may be wrong or expired, or the server speaks plain http.",
        )
    return ConnectFailed(
        f"{url} cannot be reached ({words(error)}).",
        url=url,
        advice="Check that the server runs, and its address and port.",
    )
