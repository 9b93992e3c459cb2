"""Around Gradio's own app: only the routes that our page uses, and the page's policy on its documents.

Gradio answers on more than the page needs: deep links that store every input on the server, a proxy, a fetch of
any public URL, a REST API, edits of the app's source. What is not listed here does not exist.
"""

import re
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.server.headers import POLICY, inline_scripts, page_policy
from playground.server.scope import path_of

API = "/gradio_api"
EXACT = frozenset({"/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"}) | {
    f"{API}/{name}"
    for name in (
        "app_id",
        "cancel",
        "info",
        "queue/data",
        "queue/join",
        "reset",
        "run/predict",  # the page's own events that do not queue
        "startup-events",
        "theme.css",
        "upload",
        "upload_progress",
    )
}
FOLDERS = ("/assets/", "/static/", "/svelte/", f"{API}/heartbeat/", f"{API}/file=")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class Wall:
    """The Gradio app behind it; innermost of its middleware, before it compresses.

    Args:
        app: Gradio's.
        head_scripts: the scripts that Gradio's own script puts into the page's head.
    """

    def __init__(self, app: ASGIApp, *, head_scripts: Iterable[str] = ()) -> None:
        self._app = app
        self._head_scripts = tuple(head_scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = path_of(scope)
        if not is_open(path):
            await JSONResponse({"error": "There is nothing at this address."}, 404)(scope, receive, send)
            return
        await self._app(scope, receive, _Document(send, self._head_scripts).send if path == "/" else send)


def is_open(path: str) -> bool:
    """Whether our page uses that route of Gradio's; a `file=` with a URL is a fetch, not a file."""
    if path.startswith(f"{API}/file="):
        return not _SCHEME.match(path.removeprefix(f"{API}/file="))
    return path.rstrip("/") in EXACT or path == "/" or path.startswith(FOLDERS)


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
