"""Whether a server that this app starts can be used: asked in one way of all of them."""

import contextlib

import httpx


async def is_healthy(client: httpx.AsyncClient, url: str) -> bool:
    """Whether `url` answers 200 now; every fault of the transport is a no. The client says how long it may take."""
    with contextlib.suppress(httpx.HTTPError):
        return (await client.get(url)).status_code == httpx.codes.OK
    return False
