"""How much one visitor may ask of the app: the size of a request's body, and how many exchanges at a time."""

from collections import Counter
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.server.login import LOGIN, LOGOUT
from playground.server.scope import NAME, path_of, visitor_of

MIB = 2**20
# The form's three long texts hold 4 MiB each, and JSON writes some characters as two.
MAX_BODY_BYTES = 24 * MIB
MAX_FILE_BYTES = 20 * MIB  # the size of an image that OpenAI's API took at most when this was written
BODY_LIMITS: Mapping[str, int] = {
    "/gradio_api/upload": 4 * MAX_FILE_BYTES,  # several images at once
    "/gradio_api/key": 16 * 1024,
    LOGIN: 8 * 1024,
    LOGOUT: 8 * 1024,
}
EXCHANGES = frozenset({"/gradio_api/exchange", "/gradio_api/repeat"})
MAX_TOTAL = 256  # of all visitors: some five times what one process relays at 100 tokens a second each


class Limits:
    """Refuses what is too much, in words: 413 for a body, 429 and 503 for exchanges.

    Args:
        app: the app.
        max_exchanges: how many exchanges one visitor may have at a time. A browser opens six connections to a
            host, so one page does not reach the default of 8: more are several pages, or a program.
        max_total: how many there may be of all visitors.
    """

    def __init__(self, app: ASGIApp, *, max_exchanges: int = 8, max_total: int = MAX_TOTAL) -> None:
        self._app = app
        self._max_exchanges = max_exchanges
        self._max_total = max_total
        self._running: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        limit = BODY_LIMITS.get(path.rstrip("/"), MAX_BODY_BYTES)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            await _refusal(413, _too_long(limit))(scope, receive, send)
        elif path in EXCHANGES:
            await self._exchange(scope, _Bounded(receive, limit), send)
        else:
            await self._app(scope, _Bounded(receive, limit), send)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = whose(scope)
        if self._running[who] >= self._max_exchanges:
            words = f"You have {self._max_exchanges} requests running. Stop one, or wait until one has ended."
            await _refusal(429, words)(scope, receive, send)
        elif self._running.total() >= self._max_total:
            await _refusal(503, "The playground has too many requests running. Try again soon.")(scope, receive, send)
        else:
            self._running[who] += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._running[who] -= 1
                if not self._running[who]:
                    del self._running[who]


def whose(scope: Scope) -> str:
    """Who asks: the name they are logged in with, else their browser session, else their address."""
    if scope.get(NAME):
        return f"name {scope[NAME]}"
    visitor = visitor_of(scope)
    return f"visitor {visitor}" if visitor else f"address {(scope.get('client') or ('',))[0]}"


class _Bounded:
    """The request's body, which says when it is too long; for one that does not tell its length first."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._received = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self._limit:
                raise HTTPException(413, _too_long(self._limit))  # FastAPI and Starlette pass this on from a body
        return message


def _too_long(limit: int) -> str:
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // 1024} KiB"
    return f"This request is longer than {size}, which is the most that is taken here."


def _refusal(status: int, words: str) -> JSONResponse:
    headers = {"retry-after": "5"} if status in {429, 503} else {"connection": "close"}
    return JSONResponse({"error": words}, status, headers=headers)
