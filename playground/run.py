"""The one loop: a prepared request in, snapshots of its exchange out, at the rate a screen can show."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from playground.client import Client
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import PreparedRequest

SCREEN_HZ = 30.0


async def run(
    request: PreparedRequest, *, client: Client, key: str | None = None, hz: float = SCREEN_HZ
) -> AsyncGenerator[Exchange, None]:
    """Send `request` and hand out snapshots: at once for the first event, then at most `hz` a second.

    The last snapshot is `done`; errors are in it, never raised. Closing the iterator ends the request at the
    server; the caller's last snapshot is then what was seen (`Exchange.stop` marks it as the end).
    """
    builder = ExchangeBuilder(request)
    changed = asyncio.Event()

    async def pump() -> None:
        async with aclosing(client.events(request, key)) as events:
            async for event in events:
                builder.apply(event)
                changed.set()

    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: changed.set())
    try:
        while not task.done():
            await changed.wait()
            changed.clear()
            yield builder.snapshot()
            if not task.done():
                await asyncio.wait((task,), timeout=1 / hz)
        task.result()  # a fault of our own is not hidden
        yield builder.snapshot()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
