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
    """Send `request` and hand out snapshots: at once for the first event and the first delta, else `hz` a second.

    The last snapshot is `done`; errors are in it, never raised. Closing the iterator ends the request at the
    server; the caller's last snapshot is then what was seen (`Exchange.stop` marks it as the end).
    """
    builder = ExchangeBuilder(request)
    changed = asyncio.Event()
    begun = asyncio.get_running_loop().create_future()  # the first delta does not wait for its turn

    async def pump() -> None:
        async with aclosing(client.events(request, key)) as events:
            async for event in events:
                builder.apply(event)
                changed.set()
                if builder.begun and not begun.done():
                    begun.set_result(None)

    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: changed.set())
    try:
        while not task.done():
            await changed.wait()
            changed.clear()
            shot = builder.snapshot()
            yield shot
            if not task.done():
                awaited = (task,) if shot.pieces else (task, begun)
                await asyncio.wait(awaited, timeout=1 / hz, return_when=asyncio.FIRST_COMPLETED)
        task.result()  # a fault of our own is not hidden
        yield builder.snapshot()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
