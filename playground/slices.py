"""Long work on the event loop in slices, so that nobody else waits for the end of it."""

import asyncio
import time

SLICE_S = 0.005


class Slices:
    """One piece of work; each part of it should take less than a slice.

    Args:
        slice_s: seconds of work between two rests.
    """

    def __init__(self, slice_s: float = SLICE_S) -> None:
        self._slice_s = slice_s
        self._until = time.perf_counter() + slice_s

    async def rest(self) -> None:
        """Let all others go first, if the slice is used up; else return at once."""
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + self._slice_s
