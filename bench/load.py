"""Many requests at once from a process of its own: `python -m bench.load`, a JSON object in, a JSON list out.

In: `{"url": …, "bodies": [{…}, …]}`. Out, for each body: `first_s` and `last_s`, from sending to the first and the
last bytes that hold a token, and `tokens`, how many came.
"""

import asyncio
import json
import sys
from time import perf_counter
from typing import Any

import aiohttp

from bench.requests import WORD

TOKEN = WORD.strip().encode()


async def one(session: aiohttp.ClientSession, url: str, body: dict[str, Any], cookie: str) -> dict[str, float]:
    """One request; a chunk of bytes never splits a token by much, so they are counted in the whole."""
    start = perf_counter()
    first = last = 0.0
    whole = bytearray()
    async with session.post(url, json=body, headers={"cookie": cookie} if cookie else {}) as response:
        response.raise_for_status()
        async for data in response.content.iter_any():
            whole += data
            if TOKEN in data:
                last = perf_counter() - start
                first = first or last
    return {"first_s": first, "last_s": last, "tokens": whole.count(TOKEN)}


async def all_at_once(url: str, bodies: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Every request in its own connection."""
    page, app, _ = url.partition("gradio_api/")
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar) as session:
        # A visitor each, as from fifty browsers: the app bounds what one of them may run at a time.
        cookies = [await opened(session, page) if app else "" for _ in bodies]
        asked = zip(bodies, cookies, strict=True)
        return await asyncio.gather(*(one(session, url, body, cookie) for body, cookie in asked))


async def opened(session: aiohttp.ClientSession, page: str) -> str:
    """Open the app's page; the cookie that it gives."""
    async with session.get(page) as response:
        response.raise_for_status()
        await response.read()
        return "; ".join(f"{name}={morsel.value}" for name, morsel in response.cookies.items())


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(asyncio.run(all_at_once(asked["url"], asked["bodies"]))))
