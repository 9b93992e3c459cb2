"""Our own routes on a real server with real sockets, in the test's loop, in front of the scriptable upstream."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from playground.app.context import Context
from playground.auth.visitors import COOKIE, VisitorIds
from playground.client import Client, Timeouts
from playground.settings import Settings
from playground.web.app import create_api

KEY = "sk-recognisable-of-the-environment"
TAB = "a-tab-of-the-tests-0001"
IDS = VisitorIds(b"of the tests")
VISITOR = IDS.issue()
OWNER = f"visitor {VISITOR}"


def context_for(base_url: str, **settings: Any) -> Context:
    """TheRouter's and the Custom URL's place taken by `base_url`; TheRouter has its key from the environment."""
    made = Settings(therouter_base_url=base_url, custom_base_url=base_url, embedded=False)
    update = {"therouter_api_key": SecretStr(KEY), "custom_api_key": None} | settings
    context = Context(made.model_copy(update=update), Client(Timeouts(2, 5, 5)))
    context.access.ids = IDS
    return context


@asynccontextmanager
async def serving(context: Context) -> AsyncIterator[str]:
    """The address of the app of `context`; its lifespan runs."""
    api = create_api(context)
    api.add_api_route("/", lambda: "where Gradio's page stands")
    config = uvicorn.Config(api, log_config=None, ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await until(lambda: server.started or task.done())
            yield address
        finally:
            server.should_exit = True
            await task


async def until(predicate: Callable[[], bool], timeout_s: float = 5) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(timeout_s):
        while not predicate():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.005)


class Browser:
    """What the page's script does: posts the form, reads frames, leaves."""

    def __init__(self, address: str, visitor: str | None = VISITOR) -> None:
        cookies = {COOKIE: visitor} if visitor else {}
        self.http = httpx.AsyncClient(base_url=address, cookies=cookies, timeout=10, trust_env=False)

    async def frames(self, **form: Any) -> list[dict[str, Any]]:
        """All frames of one exchange."""
        async with self.streaming(**form) as frames:
            return [frame async for frame in frames]

    @asynccontextmanager
    async def streaming(self, **form: Any) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The frames as they come; leaving early is what Stop does."""
        fields = {"conversation": TAB, "backend": "therouter", "model": "test/echo", "stream": True} | form
        async with self.http.stream("POST", "/gradio_api/exchange", json=fields) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-store"
            yield _frames(response)

    async def set_key(self, backend: str, key: str) -> httpx.Response:
        return await self.http.post("/gradio_api/key", json={"backend": backend, "key": key})


async def _frames(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        if line:
            assert line.startswith("data: ")
            yield json.loads(line.removeprefix("data: "))
