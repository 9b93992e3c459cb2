"""Work in slices: others go in between, and work that waits anyway is not held up."""

import asyncio
import time

from playground.slices import Slices


def spin(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def test_others_go_when_a_slice_is_used_up() -> None:
    went = 0

    async def other() -> None:
        nonlocal went
        while True:
            went += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    slices = Slices(0.002)
    for _ in range(20):
        spin(0.003)
        await slices.rest()
    task.cancel()
    assert went >= 15


async def test_within_a_slice_nothing_is_given_away() -> None:
    slices = Slices(10)
    asyncio.get_running_loop().call_soon(went := list[int]().append, 1)
    for _ in range(1000):
        await slices.rest()
    assert went.__self__ == []  # type: ignore[attr-defined] # the list that it is bound to


async def test_after_a_wait_a_new_slice_begins() -> None:
    slices = Slices(0.01)
    await slices.rest()
    await asyncio.sleep(0.02)  # longer than the slice, but others had their turn
    seen: list[int] = []
    asyncio.get_running_loop().call_soon(seen.append, 1)
    await slices.rest()
    assert seen == []
