"""How much one visitor may ask of the app: bodies, by their size and how much of them is under way; exchanges."""

import asyncio
from collections import Counter
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.web.guard.login import LOGIN, LOGOUT
from playground.web.guard.scope import NAME, path_of, visitor_of

MIB = 2**20
# The form's three long texts hold 4 MiB each, and JSON writes some characters as two.
MAX_BODY_BYTES = 24 * MIB
BODY_LIMITS: Mapping[str, int] = {
    "/gradio_api/images": 21 * MIB,  # a little more than the largest image: its own route says it better
    "/gradio_api/key": 16 * 1024,
    LOGIN: 8 * 1024,
    LOGOUT: 8 * 1024,
}
EXCHANGES = frozenset({"/gradio_api/exchange", "/gradio_api/repeat"})
# Bodies that are being received or worked on: of one visitor, and of all.
MAX_HELD_BYTES = 64 * MIB
MAX_HELD_TOTAL_BYTES = 512 * MIB
RECEIVE_S = 60.0  # until a body is complete
MAX_TOTAL = 256  # of all visitors: some five times what one process relays at 100 tokens a second each


class Limits:
    """Refuses what is too much, in words: 413 for a body, 408 for one that does not come, 429 and 503 for several.

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
        self._held: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        limit = BODY_LIMITS.get(path.rstrip("/"), MAX_BODY_BYTES)
        length = Headers(scope=scope).get("content-length", "")
        body = _Body(receive, limit, self._held, whose(scope))
        if length.isdecimal() and int(length) > limit:
            await _refusal(413, _too_long(limit))(scope, receive, send)
            return
        try:
            if path in EXCHANGES:
                await self._exchange(scope, body, send)
            else:
                await self._app(scope, body, send)
        finally:
            body.let_go()

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = whose(scope)
        if self._running[who] >= self._max_exchanges:
            words = f"You have {self._max_exchanges} requests running. Stop one, or wait until one has finished."
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
    visitor = visitor_of(scope)  # not one that someone made up: those are as many as they like
    return f"visitor {visitor}" if visitor else f"address {(scope.get('client') or ('',))[0]}"


class _Body:
    """The request's body, counted as it comes; it says when it is too long, too slow, or one too many."""

    def __init__(self, receive: Receive, limit: int, held: Counter[str], who: str) -> None:
        self._receive = receive
        self._limit = limit
        self._held = held
        self._who = who
        self._received = 0
        self._complete = False
        self._until: float | None = None

    async def __call__(self) -> Message:
        if self._complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + RECEIVE_S
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"This request was not complete after {RECEIVE_S:g} s.") from None
        if message["type"] == "http.request":
            self._count(len(message.get("body", b"")))
            self._complete = not message.get("more_body", False)
        return message

    def _count(self, size: int) -> None:
        self._received += size
        self._held[self._who] += size
        if self._received > self._limit:
            raise HTTPException(413, _too_long(self._limit))  # FastAPI and Starlette pass this on from a body
        if self._held[self._who] > MAX_HELD_BYTES:
            raise HTTPException(429, f"Your requests in progress are together longer than {MAX_HELD_BYTES // MIB} MiB.")
        if self._held.total() > MAX_HELD_TOTAL_BYTES:
            raise HTTPException(503, "The playground is receiving too much data at the moment. Try again soon.")

    def let_go(self) -> None:
        """The request has its answer."""
        self._held[self._who] -= self._received
        if self._held[self._who] <= 0:
            del self._held[self._who]


def _too_long(limit: int) -> str:
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // 1024} KiB"
    return f"This request is longer than {size}, which is the limit."


def _refusal(status: int, words: str) -> JSONResponse:
    headers = {"retry-after": "5"} if status in {429, 503} else {"connection": "close"}
    return JSONResponse({"error": words}, status, headers=headers)
