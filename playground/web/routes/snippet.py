"""`POST /gradio_api/snippet`: what the form stands for now, as code.

It is asked at each keystroke, so it has a route of its own beside Gradio's events, as the tokens have (ADR 21).
"""

from collections.abc import Awaitable, Callable
from typing import TypedDict

import orjson
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from playground.app.form.form import Form
from playground.snippets import DEFAULT
from playground.web.guard.scope import visitor_of


class Asked(Form):
    """The form, and what is wanted of it.

    Attributes:
        language: a language's id.
        replay: whether the whole of the conversation's last loop is wanted, and not the next request.
    """

    language: str = Field(DEFAULT, max_length=64)
    replay: bool = False


class Drawn(TypedDict):
    """HTML of our own making.

    Attributes:
        code: the snippet, or why there is none.
        sent: the line of parameters under the message.
    """

    code: str
    sent: str


Draw = Callable[[Asked, str | None], Awaitable[Drawn]]


def snippet_routes(draw: Draw) -> APIRouter:
    """The route; `draw` is given what was asked and the visitor, and never raises for what a form holds."""
    router = APIRouter(prefix="/gradio_api")

    @router.post("/snippet")
    async def snippet(asked: Asked, request: Request) -> Response:
        """The request that the form stands for, as code, and the line of its parameters; nothing is sent."""
        drawn = await draw(asked, visitor_of(request.scope))
        return Response(orjson.dumps(drawn), media_type="application/json")

    return router
