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
        self._until = 0.0
        self._begun = False

    async def rest(self) -> None:
        """Let all others go first, if the slice is used up; else return at once.

        Where the work has waited for something since the last time, they have gone already.
        """
        now = time.perf_counter()
        if not self._begun:
            self._begin(now)
        elif now >= self._until:
            await asyncio.sleep(0)
            self._begin(time.perf_counter())

    def _begin(self, now: float) -> None:
        self._until = now + self._slice_s
        if not self._begun:
            self._begun = True
            asyncio.get_running_loop().call_soon(self._others_went)

    def _others_went(self) -> None:
        self._begun = False
