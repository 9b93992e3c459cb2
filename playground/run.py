"""The one loop: a prepared request in, snapshots of its exchange out, at the rate a screen can show.

Reading waits for whoever takes the snapshots: what comes faster than it is taken stays with the server that sends it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from playground.client import Client
from playground.errors import StreamInterrupted
from playground.slices import Slices
from playground.tasks import give_up
from playground.wire import events as ev
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import PreparedRequest

SCREEN_HZ = 30.0
MAX_AHEAD = 2**20  # characters of raw events that are read before the snapshot with them is taken
READER_S = 120.0


async def run(
    request: PreparedRequest,
    *,
    client: Client,
    key: str | None = None,
    hz: float = SCREEN_HZ,
    reader_s: float = READER_S,
) -> AsyncGenerator[Exchange, None]:
    """Send `request` and hand out snapshots: at once for the first event and the first delta, else `hz` a second.

    The last snapshot is `done`; errors are in it, never raised. Closing the iterator ends the request at the
    server; the caller's last snapshot is then what was seen (`Exchange.stop` marks it as the end).

    Args:
        request: goes as it is.
        client: sends it.
        key: the bearer key, if one is sent.
        hz: snapshots a second, at most.
        reader_s: how long the server is kept waiting for a caller that takes no snapshot, in seconds.
    """
    builder = ExchangeBuilder(request)
    changed = asyncio.Event()
    begun = asyncio.get_running_loop().create_future()  # the first delta does not wait for its turn
    ahead = _Ahead(reader_s, changed)

    async def pump() -> None:
        slices = Slices()
        async with aclosing(client.events(request, key)) as events:
            async for event in events:
                builder.apply(event)
                changed.set()
                await slices.rest()
                if builder.begun and not begun.done():
                    begun.set_result(None)
                if builder.ended and not isinstance(event, ev.Completed | ev.Failed):
                    return  # it was too much; an answer that ends by itself lets go of its connection in order
                if isinstance(event, ev.ChunkReceived) and not await ahead.add(len(event.data)):
                    builder.apply(ev.Failed(event.at_s, ahead.error()))
                    return

    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: changed.set())
    try:
        while not task.done():
            await changed.wait()
            changed.clear()
            shot = builder.snapshot()
            yield shot
            ahead.taken()
            if not task.done():
                awaited = (task,) if shot.pieces else (task, begun)
                await asyncio.wait(awaited, timeout=1 / hz, return_when=asyncio.FIRST_COMPLETED)
        task.result()  # a fault of our own is not hidden
        yield builder.snapshot()
    finally:
        await give_up(task)


class _Ahead:
    """How much was read that nobody has taken yet; `changed` wakes whoever takes it."""

    def __init__(self, reader_s: float, changed: asyncio.Event) -> None:
        self._reader_s = reader_s
        self._changed = changed
        self._characters = 0
        self._room = asyncio.Event()

    def taken(self) -> None:
        """A snapshot with all of it was taken."""
        self._characters = 0
        self._room.set()

    async def add(self, characters: int) -> bool:
        """Count more; where that is too much, wait until it was taken. False: it never was."""
        self._characters += characters
        if self._characters <= MAX_AHEAD:
            return True
        self._room.clear()
        self._changed.set()  # in any case: a snapshot may have been taken since the last event, and none is due
        try:
            async with asyncio.timeout(self._reader_s):
                await self._room.wait()
        except TimeoutError:
            return False
        return True

    def error(self) -> StreamInterrupted:
        """For an answer that nobody read on."""
        return StreamInterrupted(
            f"The page stopped reading the response for {self._reader_s:g} s, so the request was ended.",
            advice="What was received until then is kept. Try again.",
        )
