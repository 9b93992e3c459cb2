"""Who may ask: plain ASGI, so that a stream passes untouched and is cancelled when the visitor leaves.

What a browser says of where a request comes from: `Origin` (RFC 6454) and `Sec-Fetch-Site`
(<https://www.w3.org/TR/fetch-metadata/>). A page can set neither.
"""

from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.auth.access import Access
from playground.auth.cookies import build_cookie, cookie_of
from playground.auth.hosts import SETTING
from playground.web.guard.login import LOGIN
from playground.web.guard.plain_page import draw_page
from playground.web.guard.scope import path_of

READ = frozenset({"GET", "HEAD"})
ENTRANCES = frozenset({"/", LOGIN})
# What a proxy says of itself and of who asks it. uvicorn has read those of a proxy that is trusted; nothing behind
# reads them a second time, least of all Gradio, which writes some into the page.
FORWARDED = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})
STRIPPED = FORWARDED | {
    *("x-original-url", "x-original-host", "x-rewrite-url", "x-host", "x-http-host-override", "x-url-scheme"),
    *("x-gradio-server", "x-direct-url", "front-end-https"),
}
PREFIX = "x-forwarded-"
REFUSED = frozenset({403, 429})  # who is refused is given nothing, a wrong token among it


class Gate:
    """Refuses what another site's page sends, and names that are not the app's own; names visitors.

    Args:
        app: the app.
        access: the app's own names, and the visitors' ids.
    """

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := self._refusal(scope, headers):
            await self._refuse(refusal, scope, receive, send)
        elif _comes_from_elsewhere(headers) and cookie_of(scope) is None and path_of(scope) in ENTRANCES:
            await _again(scope)(scope, receive, send)
        else:
            await self._pass(self._cleaned(scope, headers), receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        access = self._access
        names = access.users is None and scope["type"] == "http" and path_of(scope) == "/"
        if not names or access.visitor(cookie_of(scope)) is not None:
            await self._app(scope, receive, send)
            return

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] not in REFUSED:
                answer = MutableHeaders(scope=message)
                if "set-cookie" not in answer:  # who has just come with the token has one
                    secure = scope["scheme"] == "https"
                    answer.append("set-cookie", build_cookie(access.ids.issue(), secure=secure, framed=access.framed))
            await send(message)

        await self._app(scope, receive, send_named)

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        """Why this request is not answered, in words; "" where it is."""
        access, host = self._access, headers.get("host", "")
        if not access.opened and (name := _proxied(scope, headers)):
            return (
                f"This app serves only the machine that it runs on, and this request came through a proxy ({name}). To "
                "open "
                "it to others, set PLAYGROUND_USERS; or PLAYGROUND_OPEN_WITHOUT_LOGIN=true, where the proxy has a "
                "login of its own."
            )
        for asked in (host, *_all(headers, f"{PREFIX}host")):
            if not access.hosts.knows(asked):
                if not access.opened:
                    return "This app answers only to this machine's own names."
                return f"{_shown(asked)} is not one of this app's host names. If it should be, add it to {SETTING}."
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and not access.hosts.is_own_origin(origin, host):
            more = (
                f" If {_shown(origin)} is the address of this app, have the proxy in front forward Host, "
                f"or add it to {SETTING}."
            )
            return "This request comes from another site." + (more if access.opened else "")
        if site in {"cross-site", "same-site"} and not self._is_entry(scope, headers):
            return "This request comes from another site."
        return ""

    def _is_entry(self, scope: Scope, headers: Headers) -> bool:
        """Whether a link of another site is followed to the page, or a frame shows it where frames are allowed."""
        places = {"document", "iframe"} if self._access.framed else {"document"}
        return (
            scope["type"] == "http"
            and scope["method"] in READ
            and path_of(scope) in ENTRANCES
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") in places
        )

    def _cleaned(self, scope: Scope, headers: Headers) -> Scope:
        """The request without what proxies say, its `Host` the name in the visitor's browser as far as that is told."""
        hosts = self._access.hosts
        host = hosts.shown(headers.get("host", ""), _all(headers, f"{PREFIX}host"))
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"host" and name.decode("latin-1") not in STRIPPED and not name.startswith(PREFIX.encode())
        ]
        scheme = scope["scheme"]
        if hosts.is_https(host):
            scheme = {"http": "https", "ws": "wss"}.get(scheme, scheme)
        return {**scope, "headers": [(b"host", host.encode("latin-1")), *kept], "scheme": scheme}

    async def _refuse(self, words: str, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        answer: Response = JSONResponse({"error": words}, 403)
        if "text/html" in Headers(scope=scope).get("accept", ""):
            answer = draw_page(403, "This cannot be opened this way", words)
        await answer(scope, receive, send)


def _proxied(scope: Scope, headers: Headers) -> str:
    """By what a request is seen to come through a proxy; "" where nothing says so.

    nginx adds no header unless it is told to, but spoke HTTP/1.0 to the servers behind it by default for 20 years.
    """
    for name in headers:
        if name in FORWARDED or name.startswith(PREFIX):
            return f"it has the header {name}"
    return "it is HTTP/1.0" if scope.get("http_version") == "1.0" else ""


def _comes_from_elsewhere(headers: Headers) -> bool:
    return headers.get("sec-fetch-site") in {"cross-site", "same-site"}


def _all(headers: Headers, name: str) -> list[str]:
    return [part.strip() for line in headers.getlist(name) for part in line.split(",")]


def _shown(text: str) -> str:
    """What was sent, fit for a sentence."""
    return repr(text[:80])


def _again(scope: Scope) -> Response:
    """The same address once more, from a page of our own.

    A `SameSite=Strict` cookie does not come with a link on another site; without it the visitor would be taken for a
    new one, and the new cookie would take the place of the one with their rights and keys.
    """
    query = scope.get("query_string", b"").decode("latin-1")
    url = scope.get("root_path", "") + path_of(scope) + (f"?{query}" if query else "")
    return draw_page(200, "One moment", "", head=f'<meta http-equiv="refresh" content="0; url={escape(url)}">')
