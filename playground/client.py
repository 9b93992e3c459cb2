"""The only place that speaks HTTP to a backend: a `PreparedRequest` in, events out."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from playground import __version__
from playground.errors import (
    ConnectFailed,
    InvalidRequest,
    NameResolutionFailed,
    PlaygroundError,
    RequestTimeout,
    StreamInterrupted,
    StreamProtocolError,
    TLSFailed,
)
from playground.wire import events as ev
from playground.wire.error_body import parse_error
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.prepared import PreparedRequest
from playground.wire.sse import MAX_EVENT_BYTES, EventDecoder

DONE = "[DONE]"
MAX_ERROR_BYTES = 2**20
MAX_BODY_BYTES = 64 * 2**20
OWN_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",  # as curl: a compressed stream would come in blocks
    "user-agent": f"chat-playground/{__version__}",
}
PIECE_BYTES = 256 * 2**10
DRAIN_S = 0.1
ERROR_STATUS = 300  # redirects are not followed: they are shown


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, for the connection, the first byte, and each further piece."""

    connect_s: float = 10
    first_byte_s: float = 300
    between_chunks_s: float = 120


@dataclass(slots=True)
class _Connection:
    """What aiohttp's trace says of one request's connection."""

    at: float | None = None
    reused: bool = False


_connection: ContextVar[_Connection | None] = ContextVar("connection", default=None)


class Client:
    """Sends prepared requests; one for each event loop. Close it with `aclose()`.

    Args:
        timeouts: the deadlines.
        max_event_bytes: the longest server-sent event that is accepted.
        verify: what certificates are trusted.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        timeouts: Timeouts | None = None,
        *,
        max_event_bytes: int = MAX_EVENT_BYTES,
        verify: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._max_event_bytes = max_event_bytes
        self._clock = clock
        self._verify = verify
        self._http: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def get_json(self, url: str, *, key: str | None = None, timeout_s: float = 5) -> Any:
        """A small JSON document, such as `/v1/models`.

        Raises:
            TransportError: no response. APIStatusError: an error status. StreamProtocolError: no JSON.
            InvalidRequest: a key that no header can carry.
        """
        _check(key)
        headers = OWN_HEADERS | ({"authorization": f"Bearer {key}"} if key else {})
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client().get(url, headers=headers)
        except TimeoutError:
            raise _timed_out(url, "first_byte", timeout_s) from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, UnicodeError) as error:
            raise _transport_error(error, url, self._timeouts.connect_s) from error
        if response.status_code >= ERROR_STATUS:
            raise parse_error(response.status_code, response.reason_phrase, response.headers.items(), response.content)
        try:
            return response.json()
        except ValueError:
            raise StreamProtocolError(f"{url} answered with no JSON.", excerpt=response.text) from None

    async def events(self, request: PreparedRequest, key: str | None = None) -> AsyncGenerator[ev.StreamEvent, None]:
        """Send `request` and tell what happens; the last event is `Completed` or `Failed`.

        Closing the iterator closes the connection, so that the server stops working. Nothing is retried.
        """
        self._client()  # made before the clock starts: reading the trusted certificates takes 30 ms
        start = self._clock()

        def now() -> float:
            return self._clock() - start

        try:
            async with aclosing(self._exchange(request, key, start, now)) as events:
                async for event in events:
                    yield event
        except PlaygroundError as error:
            yield ev.Failed(now(), error)

    async def _exchange(
        self, request: PreparedRequest, key: str | None, start: float, now: Callable[[], float]
    ) -> AsyncGenerator[ev.StreamEvent, None]:
        connection = _Connection()
        _connection.set(connection)
        response = await self._open(request, key)
        try:
            if connection.at is not None:
                yield ev.Connected(0.0 if connection.reused else connection.at - start, connection.reused)
            yield ev.ResponseStarted(
                now(),
                response.status_code,
                response.reason_phrase,
                tuple(response.headers.multi_items()),
                _masked(response.request.headers, request),
            )
            async with aclosing(self._bytes(response, request.url)) as chunks:
                if response.status_code >= ERROR_STATUS:
                    body = await _read(chunks, MAX_ERROR_BYTES)
                    yield ev.ChunkReceived(now(), body.decode("utf-8", errors="replace"))
                    head = (response.status_code, response.reason_phrase, response.headers.multi_items())
                    raise parse_error(*head, body)
                streams = response.headers.get("content-type", "").lower().startswith("text/event-stream")
                answer = self._stream(chunks, now) if streams else _whole(chunks, response, now)
                async with aclosing(answer):
                    async for event in answer:
                        yield event
                yield ev.Completed(now())
                await _drain(chunks)
        finally:
            await response.aclose()

    async def _open(self, request: PreparedRequest, key: str | None) -> httpx.Response:
        _check(key)
        try:
            http_request = self._client().build_request(
                request.method,
                request.url,
                headers=[
                    *OWN_HEADERS.items(),
                    *request.sent_headers(key),
                    ("content-length", str(len(request.body))),
                ],
                content=request.body if len(request.body) <= PIECE_BYTES else _pieces(request.body),
            )
            async with asyncio.timeout(self._timeouts.first_byte_s):
                return await self._client().send(http_request, stream=True)
        except TimeoutError:
            raise _timed_out(request.url, "first_byte", self._timeouts.first_byte_s) from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, UnicodeError) as error:
            raise _transport_error(error, request.url, self._timeouts.connect_s) from error

    async def _bytes(self, response: httpx.Response, url: str) -> AsyncGenerator[bytes, None]:
        """The body as it arrives, each wait with its deadline."""
        phase, limit_s = "first_byte", self._timeouts.first_byte_s
        iterator = response.aiter_raw()
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    data = await anext(iterator, None)
            except TimeoutError:
                raise _timed_out(url, phase, limit_s) from None
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                raise StreamInterrupted(
                    f"The connection broke before the answer was complete ({_words(error)}).",
                    advice="What had come by then is kept. Try again.",
                ) from error
            if data is None:
                return
            phase, limit_s = "between_chunks", self._timeouts.between_chunks_s
            yield data

    async def _stream(
        self, chunks: AsyncIterator[bytes], now: Callable[[], float]
    ) -> AsyncGenerator[ev.StreamEvent, None]:
        decoder = EventDecoder(self._max_event_bytes)
        finished = done = first = False
        async for data in chunks:
            at_s = now()
            if not first:
                first = True
                yield ev.FirstByte(at_s)
            for text in decoder.feed(data):
                for event in _events_of(text, at_s):
                    finished = finished or isinstance(event, ev.Finished)
                    yield event
                if text == DONE:
                    done = True
                    break
            if done:
                return
        for text in decoder.finish():
            for event in _last_events_of(text, now()):
                finished = finished or isinstance(event, ev.Finished)
                yield event
            done = done or text == DONE
        if not (finished or done):
            raise StreamInterrupted(
                "The stream ended before the server said that it was done.",
                advice="What had come by then is kept. Try again.",
            )

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            context = self._verify or httpx.create_ssl_context()
            self._http = httpx.AsyncClient(
                transport=_Transport(client=lambda: _session(context, self._clock)),
                timeout=httpx.Timeout(None, connect=self._timeouts.connect_s),
                follow_redirects=False,
                # As the session's: a backend's cookies must not travel from visitor to visitor.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._http


def _check(key: str | None) -> None:
    if key and not (key.isascii() and key.isprintable()):
        raise InvalidRequest("The API key holds characters that no HTTP header can carry.")


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """A large body bit by bit: written at once, it would hold up every other stream."""
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


def _events_of(data: str, at_s: float) -> Iterator[ev.StreamEvent]:
    yield ev.ChunkReceived(at_s, data)
    if data != DONE:
        yield from parse_chunk(data, at_s)


def _last_events_of(data: str, at_s: float) -> Iterator[ev.StreamEvent]:
    """The events of a chunk without its blank line: a whole one, or one that the end cut off."""
    try:
        yield from _events_of(data, at_s)
    except StreamProtocolError as error:
        raise StreamInterrupted(
            "The stream ended in the middle of an event.",
            advice="What had come by then is kept. Try again.",
        ) from error


async def _whole(
    chunks: AsyncIterator[bytes], response: httpx.Response, now: Callable[[], float]
) -> AsyncGenerator[ev.StreamEvent, None]:
    body = bytearray()
    async for data in chunks:
        if not body:
            yield ev.FirstByte(now())
        body += data
        if len(body) > MAX_BODY_BYTES:
            raise StreamProtocolError(f"The answer is longer than {MAX_BODY_BYTES:,} bytes.")
    at_s = now()
    text = body.decode("utf-8", errors="replace")
    yield ev.ChunkReceived(at_s, text)
    try:
        for event in parse_completion(text, at_s):
            yield event
    except StreamProtocolError as error:
        kind = response.headers.get("content-type", "no content type")
        raise StreamProtocolError(
            f"The server answered {response.status_code} with what is no chat completion ({kind}).",
            excerpt=error.excerpt or text,
            advice="Check that the base URL is that of an OpenAI-compatible API (it ends in /v1 as a rule).",
        ) from error


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Take the end of the response's framing, which may come just after `[DONE]`: so the connection can be reused."""
    try:
        async with asyncio.timeout(DRAIN_S):
            async for _ in chunks:
                pass
    except (PlaygroundError, TimeoutError):
        pass  # the answer is complete; the connection is closed instead


async def _read(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """At most `limit` bytes of an error's body; a body that breaks off is used as far as it came."""
    body = bytearray()
    try:
        async for data in chunks:
            body += data
            if len(body) >= limit:
                break
    except PlaygroundError:
        pass
    return bytes(body[:limit])


def _session(context: ssl.SSLContext, clock: Callable[[], float]) -> aiohttp.ClientSession:
    """A session whose connections are timed: aiohttp runs its traces in the task of the request."""

    async def created(*_: object) -> None:
        if connection := _connection.get():
            connection.at = clock()

    async def reused(*_: object) -> None:
        if connection := _connection.get():
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


def _masked(headers: httpx.Headers, request: PreparedRequest) -> tuple[tuple[str, str], ...]:
    """The headers that httpx sent, the key as its name."""
    shown = f"Bearer ${request.key_name}"
    return tuple((name, shown if name.lower() == "authorization" else value) for name, value in headers.multi_items())


def _timed_out(url: str, phase: str, timeout_s: float) -> RequestTimeout:
    what = {
        "connect": "no connection",
        "first_byte": "no answer",
        "between_chunks": "nothing more of the answer",
    }[phase]
    return RequestTimeout(
        f"There was {what} from {url} within {timeout_s:g} s.",
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


def _words(error: BaseException) -> str:
    return next((str(e) for e in _causes(error) if str(e)), type(error).__name__)


def _transport_error(error: Exception, url: str, connect_s: float) -> PlaygroundError:
    """The typed error for what httpx or aiohttp raised, by its causes."""
    causes = list(_causes(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if any_is(aiohttp.InvalidURL, httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        return ConnectFailed(
            f"{url} is no URL that can be asked: {_words(error)}.",
            url=url,
            advice="A base URL looks like http://127.0.0.1:8000/v1.",
        )
    if any_is(aiohttp.ConnectionTimeoutError, aiohttp.ServerTimeoutError, TimeoutError):
        return _timed_out(url, "connect", connect_s)
    if any_is(aiohttp.ClientConnectorDNSError):
        return NameResolutionFailed(
            f"The name in {url} has no address ({_words(error)}).",
            url=url,
            advice="Check the spelling, and that this machine has a network.",
        )
    if any_is(aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError):
        return TLSFailed(
            f"There is no secure connection to {url} ({_words(error)}).",
            url=url,
            advice="The certificate may be wrong or expired, or the server speaks plain http.",
        )
    return ConnectFailed(
        f"{url} does not answer ({_words(error)}).",
        url=url,
        advice="Check that the server runs, and its address and port.",
    )
