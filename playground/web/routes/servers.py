"""`/gradio_api/servers…`: how the servers are, their logs, and what is done to them; for administrators.

The page asks every second while its tab is open: that survives a reload and a restart of either side, and needs no
connection that stays.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.responses import StreamingResponse

from playground.app.context import Context
from playground.app.servers.views import ServerView
from playground.engines.hardware.hardware import Hardware
from playground.engines.launch.log_store import LogStore
from playground.engines.launch.server import LaunchedServer
from playground.errors import PlaygroundError
from playground.web.guard.scope import visitor_of

Draw = Callable[[Sequence[ServerView], Hardware], Mapping[str, Any]]
ACTIONS = ("stop", "again", "fix", "adopt", "end", "forget")
LINES_AT_ONCE = 2000


def server_routes(context: Context, draw: Draw) -> APIRouter:
    """The routes; `draw` makes what the page shows."""
    servers = context.servers

    def administrator(request: Request) -> None:
        if not context.access.may_run_programs(visitor_of(request.scope)):
            raise HTTPException(403, context.access.refusal("look at servers"))

    router = APIRouter(prefix="/gradio_api", dependencies=[Depends(administrator)])

    @router.get("/servers")
    async def look() -> dict[str, Any]:
        """How the servers and the machine are."""
        hardware = await asyncio.to_thread(servers.sizing.hardware)
        backends = " ".join(f"{backend.name}={backend.target.base_url}" for backend in servers.backends())
        return {**draw(servers.views(), hardware), "backends": backends}

    @router.get("/servers/{name}/log")
    async def read_log(name: str, since: int = 0) -> dict[str, Any]:
        """Lines of a server's log, from the place that was read last."""
        server = _server(context, name)
        page = await asyncio.to_thread(server.log.read, since, LINES_AT_ONCE)
        run = server.record.id  # when it is started again, its log begins anew
        return {"lines": page.lines, "next": page.next, "dropped": server.log.oldest > since, "run": run}

    @router.get("/servers/{name}/log.txt")
    async def download_log(name: str) -> StreamingResponse:
        """All of a server's log that is kept."""
        return StreamingResponse(_all_lines(_server(context, name).log), media_type="text/plain; charset=utf-8")

    @router.post("/servers/{name}/{action}")
    async def act(name: str, action: str) -> JSONResponse:
        """Stop, start again, fix, adopt, end or forget a server."""
        if action not in ACTIONS:
            raise HTTPException(404, "There is nothing at this address.")
        try:
            words = await getattr(servers, action)(name)
        except PlaygroundError as error:
            return JSONResponse({"error": f"{error.message} {error.advice}".strip()}, 409)
        return JSONResponse({"words": words})

    return router


def _server(context: Context, name: str) -> LaunchedServer:
    try:
        return context.servers.server(name)
    except PlaygroundError as error:
        raise HTTPException(404, error.message) from None


def _all_lines(log: LogStore) -> Iterator[str]:
    place = log.oldest
    while (page := log.read(place, LINES_AT_ONCE)).lines:
        yield "\n".join(page.lines) + "\n"
        place = page.next
