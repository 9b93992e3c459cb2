"""The baseline: a bare Starlette app before the same upstream, `python -m bench.relay URL`.

`POST /bytes` hands the upstream's bytes on; `POST /parsed` does it by lines and parses each chunk with `json`, the
least that a program which looks at the stream has to do. `GET /` is a page that reads `/bytes` with a `fetch`.
"""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, StreamingResponse
from starlette.routing import Route

from bench.processes import free_port

PAGE = Path(__file__).with_name("raw.html")


def create_relay(upstream: str) -> Starlette:
    """The app; httpx as it comes, without limits."""
    client = httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None), trust_env=False)  # noqa: S113 - a stream ends when it ends
    url = f"{upstream}/v1/chat/completions"

    async def as_bytes(body: bytes) -> AsyncIterator[bytes]:
        async with client.stream("POST", url, content=body) as response:
            async for data in response.aiter_raw():
                yield data

    async def parsed(body: bytes) -> AsyncIterator[bytes]:
        async with client.stream("POST", url, content=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    json.loads(line[6:])
                if line:
                    yield f"{line}\n\n".encode()

    async def page(_: Request) -> FileResponse:
        return FileResponse(PAGE)

    async def bytes_route(request: Request) -> StreamingResponse:
        return StreamingResponse(as_bytes(await request.body()), media_type="text/event-stream")

    async def parsed_route(request: Request) -> StreamingResponse:
        return StreamingResponse(parsed(await request.body()), media_type="text/event-stream")

    return Starlette(
        routes=[
            Route("/", page),
            Route("/bytes", bytes_route, methods=["POST"]),
            Route("/parsed", parsed_route, methods=["POST"]),
        ]
    )


def main(upstream: str) -> None:
    """Serve until it is ended."""
    port = free_port()
    print(f"listening on {port}", flush=True)
    uvicorn.run(create_relay(upstream), port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1])
