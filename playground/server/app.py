"""The FastAPI app with our own routes. Gradio is mounted on it afterwards, by `playground.ui`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from playground.server.context import Context
from playground.server.exchange import exchange_routes
from playground.server.gate import LOOPBACK, Gate
from playground.server.visitors import COOKIE


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
        try:
            yield
        finally:
            if context.embedded is not None:
                await context.embedded.stop()
            await context.client.aclose()

    api = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    api.add_middleware(Gate, loopback_only=context.settings.host in LOOPBACK)

    @api.exception_handler(RequestValidationError)
    async def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        """What is wrong, and where; FastAPI's own answer would give back what was sent, a key among it."""
        told = [{"loc": list(found["loc"]), "msg": found["msg"], "type": found["type"]} for found in error.errors()]
        return JSONResponse({"detail": told}, 422)

    @api.post("/gradio_api/key")
    async def set_key(form: KeyForm, request: Request) -> dict[str, bool]:
        """Keep this visitor's key for a backend; it is never given back."""
        visitor = request.cookies.get(COOKIE)
        if visitor is None:
            raise HTTPException(403, "Open the page first: the key is kept for a visitor's session.")
        context.visitors.set_key(visitor, form.backend, form.key.strip())
        return {"set": bool(form.key.strip())}

    api.include_router(exchange_routes(context))
    return api
