"""Ending a task that one has started."""

import asyncio
from typing import Any


async def give_up(task: asyncio.Task[Any]) -> None:
    """Cancel it and wait until it has ended; what it raises is of no interest any more.

    Not `await task` with its CancelledError suppressed: a cancellation of whoever waits would look like the task's own,
    and Ctrl-C, pressed in that moment, would be lost.
    """
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # seen, so that asyncio does not report it
