"""Many requests at once from a process of its own: `python -m bench.load`, a JSON object in, a JSON list out.

In: `{"url": …, "bodies": [{…}, …]}`. Out, for each body: `first_s` and `last_s`, from sending to the first and the
last bytes that hold a token, and `tokens`, how many came.
"""

import asyncio
import json
import sys
from secrets import token_hex
from time import perf_counter
from typing import Any

import aiohttp

from bench.requests import WORD
from playground.server.visitors import COOKIE

TOKEN = WORD.strip().encode()


async def one(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> dict[str, float]:
    """One request; a chunk of bytes never splits a token by much, so they are counted in the whole."""
    start = perf_counter()
    first = last = 0.0
    whole = bytearray()
    # A visitor each, as from fifty browsers: the app bounds what one of them may run at a time.
    async with session.post(url, json=body, headers={"cookie": f"{COOKIE}={token_hex(18)}"}) as response:
        response.raise_for_status()
        async for data in response.content.iter_any():
            whole += data
            if TOKEN in data:
                last = perf_counter() - start
                first = first or last
    return {"first_s": first, "last_s": last, "tokens": whole.count(TOKEN)}


async def all_at_once(url: str, bodies: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Every request in its own connection."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        return await asyncio.gather(*(one(session, url, body) for body in bodies))


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    print(json.dumps(asyncio.run(all_at_once(asked["url"], asked["bodies"]))))
