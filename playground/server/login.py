"""The login: plain ASGI in front of everything, our own routes, Gradio's and the page's files alike."""

from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.server.access import Access
from playground.server.scope import NAME, ROLE, path_of, visitor_of
from playground.server.visitors import Visitors

LOGIN, LOGOUT = "/login", "/logout"


class Login:
    """Lets nobody past who is not logged in, where there is a login; says in the scope who asks."""

    def __init__(self, app: ASGIApp, *, access: Access, visitors: Visitors) -> None:
        self._app = app
        self._access = access
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        token = visitor_of(scope)
        session = self._access.sessions.get(token)
        if self._access.users is not None and session is None:
            self._visitors.forget(token)  # the session has ended: so has its owner's hold on the keys
            if path_of(scope) != LOGIN:
                await self._refuse(scope, receive, send)
                return
        scope = {**scope, ROLE: self._access.role(token), NAME: session.user.name if session else None}
        await self._app(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["method"] in {"GET", "HEAD"} and "text/html" in Headers(scope=scope).get("accept", ""):
            answer: Any = RedirectResponse(scope.get("root_path", "") + LOGIN, 303)
        else:
            answer = JSONResponse({"error": "Log in first: reload the page."}, 401)
        answer.headers["cache-control"] = "no-store"
        await answer(scope, receive, send)
