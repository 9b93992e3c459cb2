"""The login: plain ASGI in front of everything, our own routes, Gradio's and the page's files alike."""

import math
from contextlib import ExitStack, suppress
from typing import Any

import anyio
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.auth.access import Access
from playground.auth.cookies import cookie_of
from playground.auth.visitors import Visitors
from playground.web.guard.scope import NAME, ROLE, VISITOR, path_of
from playground.web.guard.token_entrance import TokenEntrance

LOGIN, LOGOUT = "/login", "/logout"


class Login:
    """Lets nobody past who is not logged in, where there is a login; says in the scope who asks.

    What runs for a session ends with it: a stream does not go on for whoever sits there next.
    """

    def __init__(self, app: ASGIApp, *, access: Access, visitors: Visitors) -> None:
        self._app = app
        self._access = access
        self._entrance = TokenEntrance(access, visitors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if (entered := self._entrance.answer(scope)) is not None:
            await entered(scope, receive, send)
            return
        visitor = self._access.visitor(cookie_of(scope))
        session = self._access.sessions.get(visitor)
        if self._access.users is not None and session is None and path_of(scope) != LOGIN:
            await self._refuse(scope, receive, send)
            return
        role, name = self._access.role(visitor), session.user.name if session else None
        scope = {**scope, ROLE: role, NAME: name, VISITOR: visitor}
        if session is None or visitor is None or path_of(scope) in {LOGIN, LOGOUT}:
            await self._app(scope, receive, send)
        else:
            await self._within(visitor, scope, receive, send)

    async def _within(self, token: str, scope: Scope, receive: Receive, send: Send) -> None:
        """The request, for as long as its session lasts."""
        state = {"began": False, "ended": False}

        async def send_noted(message: Message) -> None:
            state["began"] = True
            state["ended"] = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        left_s = self._access.sessions.left_s(token)
        deadline = math.inf if math.isinf(left_s) else anyio.current_time() + left_s
        with anyio.CancelScope(deadline=deadline) as while_it_lasts, ExitStack() as stack:
            stack.enter_context(self._access.sessions.running(token, while_it_lasts.cancel))
            await self._app(scope, receive, send_noted)
        if not while_it_lasts.cancelled_caught or state["ended"] or scope["type"] != "http":
            return
        if not state["began"]:
            await self._refuse(scope, receive, send)
        else:  # an end, so that the server does not take it for a fault of the app's
            with suppress(Exception):
                await send({"type": "http.response.body", "body": b"", "more_body": False})

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
