"""The client: a `PreparedRequest` in, events out."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import httpx

from playground import __version__
from playground.client.body import (
    PIECE_BYTES,
    answer_events,
    drain,
    pieces,
    read_bytes,
    read_error,
)
from playground.client.failures import timed_out, transport_error
from playground.client.timeouts import Timeouts
from playground.client.transport import Connection, build_http_client, connection_of_task
from playground.errors import AddressRefused, InvalidRequest, PlaygroundError, StreamProtocolError
from playground.wire import events as ev
from playground.wire.error_body import parse_error
from playground.wire.mask import Mask, secrets_of_url
from playground.wire.masking import EventMask
from playground.wire.prepared import Auth, PreparedRequest
from playground.wire.sse import MAX_EVENT_BYTES
from playground.wire.values import TooManyValues, read_values

MAX_ERROR_BYTES = 2**20
MAX_DOCUMENT_BYTES = 8 * 2**20  # a catalogue of some thousand models is 2 MB
MAX_DOCUMENT_VALUES = 200_000
OWN_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",  # as curl: a compressed stream would come in blocks
    "user-agent": f"chat-playground/{__version__}",
}
ERROR_STATUS = 300  # redirects are not followed: they are shown
REFUSED_EVERY_S = 0.5  # a refusal is told after a multiple of this: how long it took would tell which names exist


class Client:
    """Sends prepared requests; one for each event loop. Close it with `aclose()`.

    Args:
        timeouts: the deadlines.
        max_event_bytes: the longest server-sent event that is accepted.
        verify: what certificates are trusted.
        allow_address: which IP addresses it may connect to, asked of each one before a connection; where it is
            given, no proxy is used, since a proxy would choose the address.
        clock: monotonic seconds.

    Attributes:
        is_own: whether a URL is of a server that this app itself runs on this machine: no proxy leads there. It may be
            replaced when those are known.
    """

    def __init__(
        self,
        timeouts: Timeouts | None = None,
        *,
        max_event_bytes: int = MAX_EVENT_BYTES,
        verify: ssl.SSLContext | None = None,
        allow_address: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._max_event_bytes = max_event_bytes
        self._clock = clock
        self._verify = verify
        self._allow_address = allow_address
        self._http: httpx.AsyncClient | None = None
        self.is_own: Callable[[str], bool] = _never

    async def aclose(self) -> None:
        """Close all connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def get_json(
        self, url: str, *, key: str | None = None, auth: Auth = Auth.BEARER, timeout_s: float = 5
    ) -> Any:
        """A small JSON document, such as `/v1/models`.

        Raises:
            TransportError: no response. APIStatusError: an error status. StreamProtocolError: no JSON.
            InvalidRequest: a key that no header can carry. InvalidSetting: a proxy that cannot be used.
        """
        mask = mask_of(url, key, auth=auth)
        text = (await self._get(url, key, auth, timeout_s, mask)).decode("utf-8", "replace")
        try:
            value = read_values(text, MAX_DOCUMENT_VALUES)
        except TooManyValues as error:
            raise mask.error(
                StreamProtocolError(f"The response from {url} could not be read: {error}.", excerpt=text)
            ) from None
        except ValueError:
            raise mask.error(StreamProtocolError(f"{url} did not return JSON.", excerpt=text)) from None
        return mask.value(value) if mask.may_stand_in(text) else value

    async def get_text(
        self, url: str, *, key: str | None = None, auth: Auth = Auth.BEARER, timeout_s: float = 5
    ) -> str:
        """A small text, such as `/metrics`; what is not UTF-8 in it is replaced.

        Raises:
            PlaygroundError: as `get_json`; any text will do.
        """
        mask = mask_of(url, key, auth=auth)
        return mask.text((await self._get(url, key, auth, timeout_s, mask)).decode("utf-8", "replace"))

    async def _get(self, url: str, key: str | None, auth: Auth, timeout_s: float, mask: Mask) -> bytes:
        """The body as it came; an error is masked."""
        try:
            return await self._document(url, key, auth, timeout_s, mask)
        except PlaygroundError as error:
            mask.error(error)
            raise

    async def _document(self, url: str, key: str | None, auth: Auth, timeout_s: float, mask: Mask) -> bytes:
        _check(key, auth)
        headers = OWN_HEADERS | ({"authorization": auth.header(key)} if key else {})
        begun = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s), self._client().stream("GET", url, headers=headers) as response:
                body = await _read_whole(response, url, Timeouts(timeout_s, timeout_s, timeout_s))
        except TimeoutError:
            raise timed_out(url, "first_byte", timeout_s) from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            raise await self._failure(error, url, begun) from error
        if response.status_code >= ERROR_STATUS:
            head = (response.status_code, response.reason_phrase, response.headers.items())
            raise parse_error(*head, mask.bytes(body), url=url)
        return body

    async def events(self, request: PreparedRequest, key: str | None = None) -> AsyncGenerator[ev.StreamEvent, None]:
        """Send `request` and tell what happens; the last event is `Completed` or `Failed`.

        Closing the iterator closes the connection, so that the server stops working. Nothing is retried.
        """
        self._client()  # made before the clock starts: reading the trusted certificates takes 30 ms
        start = self._clock()

        def now() -> float:
            return self._clock() - start

        mask = mask_of(request.url, key, request.key_name, request.auth)
        try:
            async with aclosing(self._exchange(request, key, start, now, mask)) as events:
                async for event in events:
                    yield event
        except PlaygroundError as error:
            yield ev.Failed(now(), mask.error(error))

    async def _exchange(
        self, request: PreparedRequest, key: str | None, start: float, now: Callable[[], float], mask: Mask
    ) -> AsyncGenerator[ev.StreamEvent, None]:
        connection = Connection()
        connection_of_task.set(connection)
        response = await self._open(request, key)
        try:
            if connection.at is not None:
                yield ev.Connected(0.0 if connection.reused else connection.at - start, connection.reused)
            yield ev.ResponseStarted(
                now(),
                response.status_code,
                mask.text(response.reason_phrase),
                mask.value(tuple(response.headers.multi_items())),
                mask.value(_masked(response.request.headers, request)),
            )
            async with aclosing(read_bytes(response, request.url, self._timeouts)) as chunks:
                if response.status_code >= ERROR_STATUS:
                    body = mask.bytes(await read_error(chunks, MAX_ERROR_BYTES), is_cut=True)
                    yield ev.ChunkReceived(now(), body.decode("utf-8", errors="replace"))
                    head = (response.status_code, response.reason_phrase, response.headers.multi_items())
                    raise parse_error(*head, body, url=request.url)
                masked = EventMask(mask)
                answer = answer_events(
                    chunks,
                    response,
                    now,
                    masked,
                    api=request.api,
                    n=request.n,
                    max_event_bytes=self._max_event_bytes,
                )
                async with aclosing(answer):
                    try:
                        async for event in answer:
                            yield event
                    except PlaygroundError:
                        for event in masked.flush():
                            yield event
                        raise
                yield ev.Completed(now())
                await drain(chunks)
        finally:
            await response.aclose()

    async def _open(self, request: PreparedRequest, key: str | None) -> httpx.Response:
        _check(key, request.auth)
        begun = time.monotonic()
        try:
            http_request = self._client().build_request(
                request.method,
                request.url,
                headers=[
                    *OWN_HEADERS.items(),
                    *request.sent_headers(key),
                    ("content-length", str(len(request.body))),
                ],
                content=request.body if len(request.body) <= PIECE_BYTES else pieces(request.body),
            )
            async with asyncio.timeout(self._timeouts.first_byte_s):
                return await self._client().send(http_request, stream=True)
        except TimeoutError:
            raise timed_out(request.url, "first_byte", self._timeouts.first_byte_s) from None
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
            raise await self._failure(error, request.url, begun) from error

    async def _failure(self, error: Exception, url: str, begun: float) -> PlaygroundError:
        """The typed error; a refusal comes no sooner than other refusals."""
        guarded = self._allow_address is not None
        failed = transport_error(error, url, self._timeouts.connect_s, guarded=guarded)
        if guarded and isinstance(failed, AddressRefused):
            await asyncio.sleep(-(time.monotonic() - begun) % REFUSED_EVERY_S)
        return failed

    def _is_own_now(self, url: str) -> bool:
        return self.is_own(url)

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            context = self._verify or httpx.create_ssl_context()
            self._http = build_http_client(
                context,
                self._clock,
                self._timeouts.connect_s,
                allow_address=self._allow_address,
                is_own=self._is_own_now,
            )
        return self._http


async def _read_whole(response: httpx.Response, url: str, timeouts: Timeouts) -> bytes:
    body = bytearray()
    async with aclosing(read_bytes(response, url, timeouts)) as chunks:
        async for data in chunks:
            body += data
            if len(body) > MAX_DOCUMENT_BYTES:
                raise StreamProtocolError(f"The response from {url} is longer than {MAX_DOCUMENT_BYTES:,} bytes.")
    return bytes(body)


def mask_of(url: str, key: str | None, key_name: str | None = None, auth: Auth = Auth.BEARER) -> Mask:
    """What is masked in all that a server says: the key that it is sent, and keys in its URL."""
    secrets = dict.fromkeys(secrets_of_url(url), "***")
    if key and auth is Auth.BASIC:
        secrets[key.partition(":")[2]] = "***"
    return Mask(secrets | ({key: f"${key_name or 'API_KEY'}"} if key else {}))


def _never(_: str) -> bool:
    return False


def _check(key: str | None, auth: Auth) -> None:
    if key and auth is Auth.BEARER and not (key.isascii() and key.isprintable()):  # base64 carries anything
        raise InvalidRequest("The API key contains characters that an HTTP header cannot carry.")


def _masked(headers: httpx.Headers, request: PreparedRequest) -> tuple[tuple[str, str], ...]:
    """The headers that httpx sent, the key as its name."""
    shown = f"{request.auth} ${request.key_name}"
    return tuple((name, shown if name.lower() == "authorization" else value) for name, value in headers.multi_items())
