"""Who may ask: plain ASGI, so that a stream passes untouched and is cancelled when the visitor leaves."""

import secrets
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.server.visitors import COOKIE

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


class Gate:
    """Refuses what another site's page sends, and names that were rebound to this machine; names visitors."""

    def __init__(self, app: ASGIApp, *, loopback_only: bool) -> None:
        self._app = app
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := self._refusal(scope["method"], headers):
            await JSONResponse({"error": refusal}, 403)(scope, receive, send)
            return
        named = scope["path"] == "/" and COOKIE not in SimpleCookie(headers.get("cookie", ""))

        async def send_named(message: Message) -> None:
            if named and message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", new_cookie(scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_named if named else send)

    def _refusal(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self._loopback_only and name not in LOOPBACK:
            return "This app answers on this machine's own names only."
        origin = headers.get("origin")
        if method not in {"GET", "HEAD", "OPTIONS"} and origin and urlsplit(origin).netloc != host:
            return "This request comes from another site."
        return ""


def new_cookie(secure: bool) -> str:  # noqa: FBT001 - one flag, named at the only call
    """A visitor's cookie: random, out of scripts' reach, gone with the browser session."""
    end = "; Secure" if secure else ""
    return f"{COOKIE}={secrets.token_urlsafe(32)}; HttpOnly; Path=/; SameSite=strict{end}"
