"""Around Gradio's own app: only what our page uses, and the page's policy on its documents.

Gradio answers on far more than the page needs: files by path, deep links that store every input on the server, a
proxy, a fetch of any URL, a REST API, uploads, edits of the app's source. What is not listed here does not exist, so
that a route which a later Gradio adds is shut until someone opens it.
"""

import re
from collections.abc import Iterable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.errors import InvalidRequest
from playground.web.guard.functions import Function, read_call
from playground.web.guard.headers import POLICY, inline_scripts, page_policy
from playground.web.guard.scope import path_of

API = "/gradio_api"
CALL = f"{API}/run/predict"  # the page's own events
READ = frozenset({"GET", "HEAD"})
# Each route that is open: who may use it is whoever may see the page. `docs/routes.md` says what each is for.
ROUTES: Mapping[str, frozenset[str]] = {
    "/": READ,
    "/theme.css": READ,
    "/favicon.ico": READ,
    "/robots.txt": READ,
    "/manifest.json": READ,
    "/static/js/iframeResizer.contentWindow.min.js": READ,
    f"{API}/app_id": READ,  # a page whose connection was lost asks whether the app is the same
    CALL: frozenset({"POST"}),
}
# The scripts and styles of Gradio's package: a plain name in one folder.
_ASSET = re.compile(r"/assets/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")


class Wall:
    """The Gradio app behind it; innermost of its middleware, before it compresses.

    Args:
        app: Gradio's.
        functions: the page's functions, by their index.
        head_scripts: the scripts that Gradio's own script puts into the page's head.
    """

    def __init__(self, app: ASGIApp, *, functions: Mapping[int, Function], head_scripts: Iterable[str] = ()) -> None:
        self._app = app
        self._functions = functions
        self._head_scripts = tuple(head_scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # the page uses no websocket
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        path = path_of(scope)
        if not is_open(path, scope["method"]):
            await JSONResponse({"error": "There is nothing at this address."}, 404)(scope, receive, send)
        elif path == CALL:
            await self._call(scope, receive, send)
        else:  # no query: Gradio reads a deep link's, and a view's, from it
            document = _Document(send, self._head_scripts).send if path == "/" else send
            await self._app({**scope, "query_string": _theme(scope)}, receive, document)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            call = read_call(await Request(scope, receive).body(), self._functions)
        except HTTPException as error:  # the body is too long, or does not come
            await JSONResponse({"error": error.detail}, error.status_code)(scope, receive, send)
            return
        except ClientDisconnect:
            return
        except InvalidRequest as error:
            await JSONResponse({"error": error.message}, 422)(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        for name in ("transfer-encoding", "content-encoding"):
            del headers[name]
        headers["content-length"] = str(len(call))
        headers["content-type"] = "application/json"
        await self._app({**scope, "headers": headers.raw, "query_string": b""}, _once(call, receive), send)


def is_open(path: str, method: str) -> bool:
    """Whether our page uses that route of Gradio's."""
    return method in ROUTES.get(path, frozenset()) or (method in READ and _ASSET.fullmatch(path) is not None)


def _theme(scope: Scope) -> bytes:
    """Of a query, the colour scheme that Gradio's page takes from it."""
    found = re.search(rb"(?:^|&)(__theme=(?:dark|light|system))(?:&|$)", scope.get("query_string", b""))
    return found[1] if found else b""


def _once(body: bytes, receive: Receive) -> Receive:
    """The body, already read; then whatever the server says, such as that the visitor has left."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


class _Document:
    """Holds the page back until it is whole, to name its inline scripts in the policy."""

    def __init__(self, send: Send, head_scripts: Iterable[str]) -> None:
        self._send = send
        self._head_scripts = head_scripts
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                scripts = [*inline_scripts(self._body.decode("utf-8", "replace")), *self._head_scripts]
                MutableHeaders(scope=self._start)[POLICY] = page_policy(scripts)
                await self._send(self._start)
                await self._send({"type": "http.response.body", "body": self._body})
        else:
            await self._send(message)
