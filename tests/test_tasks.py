"""A task is given up, and whoever does so can be cancelled meanwhile."""

import asyncio

import pytest

from playground.tasks import give_up


async def test_it_has_ended_whatever_it_raises() -> None:
    async def fails() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("as it ends")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await give_up(task)
    assert isinstance(task.exception(), OSError)


async def test_a_cancellation_of_who_waits_is_not_lost() -> None:
    may_end = asyncio.Event()

    async def takes_its_time() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()

    task = asyncio.create_task(takes_its_time())
    await asyncio.sleep(0)
    waits = asyncio.create_task(give_up(task))
    await asyncio.sleep(0)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    may_end.set()
    await asyncio.wait((task,))
    assert task.cancelled()
