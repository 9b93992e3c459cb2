"""Who may ask: plain ASGI, so that a stream passes untouched and is cancelled when the visitor leaves."""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.addresses import is_loopback
from playground.server.cookies import build_cookie
from playground.server.scope import path_of, visitor_of

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


class Gate:
    """Refuses what another site's page sends, and names that were rebound to this machine; names visitors.

    Args:
        app: the app.
        loopback_only: whether it answers on this machine's own names only.
        names_visitors: whether who opens the page gets a cookie; where there is a login, that gives it.
        framed: whether the page may stand in a frame on another site.
    """

    def __init__(self, app: ASGIApp, *, loopback_only: bool, names_visitors: bool = True, framed: bool = False) -> None:
        self._app = app
        self._loopback_only = loopback_only
        self._names_visitors = names_visitors
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := self._refusal(scope["method"], headers):
            await JSONResponse({"error": refusal}, 403)(scope, receive, send)
            return
        named = self._names_visitors and path_of(scope) == "/" and visitor_of(scope) is None

        async def send_named(message: Message) -> None:
            if named and message["type"] == "http.response.start":
                cookie = new_cookie(scope["scheme"] == "https", framed=self._framed)
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_named if named else send)

    def _refusal(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        name = _host_of(host)
        if self._loopback_only and name not in LOOPBACK and not is_loopback(name):
            return "This app answers on this machine's own names only."
        origin = headers.get("origin")
        if method not in {"GET", "HEAD", "OPTIONS"} and origin and origin.partition("://")[2] != host:
            return "This request comes from another site."
        return ""


def _host_of(host: str) -> str:
    """The name in a `Host` header; "" where it holds none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # such as `[`
        return ""


def new_cookie(secure: bool, *, framed: bool = False) -> str:  # noqa: FBT001 - as the scheme says at the only call
    """A new visitor's cookie."""
    return build_cookie(secrets.token_urlsafe(32), secure=secure, framed=framed)
