"""The FastAPI app with our own routes. Gradio is mounted on it afterwards, by `playground.ui`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from playground.app.context import Context
from playground.errors import NoRoom, UnknownBackend
from playground.logs import masked_logs
from playground.web.guard.gate import Gate
from playground.web.guard.headers import BARE, FIXED, POLICY, SecurityHeaders
from playground.web.guard.limits import Limits
from playground.web.guard.login import Login
from playground.web.guard.scope import visitor_of
from playground.web.routes.exchange import exchange_routes
from playground.web.routes.login import login_routes


class KeyForm(BaseModel):
    """A key on its way in."""

    backend: str = Field(max_length=64)
    key: str = Field(max_length=4096)


def create_api(context: Context) -> FastAPI:
    """The app with its routes, under `/gradio_api/`, where Gradio leaves them alone."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if context.embedded is not None:
            await context.embedded.start()
        await context.servers.start()
        context.workers.start()
        try:
            with masked_logs(context.secrets):
                yield
        finally:
            context.workers.close()
            await context.servers.close()
            if context.embedded is not None:
                await context.embedded.stop()
            await context.client.aclose()
            await context.public_client.aclose()

    api = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    _guard(api, context)

    @api.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        """What is wrong, and where; FastAPI's own answer would give back what was sent, a key among it."""
        told = [{"loc": list(found["loc"]), "msg": found["msg"], "type": found["type"]} for found in error.errors()]
        return JSONResponse({"detail": told}, 422)

    @api.post("/gradio_api/key")
    async def set_key(form: KeyForm, request: Request) -> dict[str, bool]:
        """Keep this visitor's key for a backend; it is never given back."""
        visitor = visitor_of(request.scope)
        if visitor is None:
            raise HTTPException(403, "Open the page first: a key is kept with the session of a visitor.")
        try:
            context.set_key(visitor, form.backend, form.key.strip())
        except UnknownBackend as error:
            raise HTTPException(404, f"{error.message} {error.advice}") from None
        except NoRoom as error:
            raise HTTPException(503, f"{error.message} {error.advice}") from None
        return {"set": bool(form.key.strip())}

    api.include_router(exchange_routes(context))
    api.include_router(login_routes(context.access))
    return api


def _guard(api: FastAPI, context: Context) -> None:
    """What every request passes, the innermost first: limits, login, gate, headers."""
    settings, access = context.settings, context.access
    api.add_middleware(Limits, max_exchanges=settings.max_exchanges)
    api.add_middleware(Login, access=access, visitors=context.visitors)
    api.add_middleware(Gate, access=access)
    api.add_middleware(SecurityHeaders, frame_ancestors=settings.frame_ancestors)
    api.add_exception_handler(Exception, _failed)


async def _failed(_: Request, __: Exception) -> JSONResponse:
    """A fault of our own, which the log explains. This answer passes no middleware."""
    headers = {**FIXED, POLICY: f"{BARE}; frame-ancestors 'none'"}
    return JSONResponse({"error": "The playground failed; its log says why."}, 500, headers=headers)
