"""How long the event loop stood still for everybody."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from playground.errors import PlaygroundError

GOAL_S, BOUND_S = 0.25, 1.0  # wanted, and asserted: machines are noisy, and the attacks took 10 s and more
TICK_S = 0.005


async def longest_pause(work: Awaitable[Any]) -> tuple[Any, float]:
    """What `work` gave or raised, and the longest time, in seconds, in which nothing else on the loop had its turn.

    A pause counts for as much as this process worked in it: while other processes have the machine, the loop stands
    still too, but for no reason of ours.
    """
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            at, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(TICK_S)
            paused, worked = time.perf_counter() - at - TICK_S, time.process_time() - worked
            longest = max(longest, min(paused, worked))

    watching = asyncio.create_task(watch())
    await asyncio.sleep(4 * TICK_S)
    try:
        answer: Any = await work
    except PlaygroundError as error:
        answer = error
    await asyncio.sleep(4 * TICK_S)  # work that never gave way has not let the watch look yet
    watching.cancel()
    return answer, longest
