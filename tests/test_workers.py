"""Work in processes of its own, with limits; the work here is the standard library's, or this module's."""

import asyncio
import os
import pickle
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from playground.errors import APIStatusError, InvalidMock, PlaygroundError, TooMuchWork
from playground.workers import Workers


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(timeout_s=1, memory_bytes=256 * 2**20)
    yield workers
    workers.close()


def catastrophe() -> None:
    re.match(r"(a+)+b", "a" * 60)


def fill() -> int:
    return len(bytearray(2 * 2**30))


def raise_mock() -> None:
    raise InvalidMock("no row", file="mock.yaml", field="0")


def deep() -> None:
    deep()


def die() -> None:
    os._exit(3)


async def test_the_result_comes_from_another_process(workers: Workers) -> None:
    assert await workers.run(os.getpid) != os.getpid()
    assert await workers.run(sorted, [3, 1, 2]) == [1, 2, 3]


async def test_what_takes_too_long_is_killed_and_the_loop_never_waits(workers: Workers) -> None:
    await workers.run(os.getpid)
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            at = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - at)

    watching = asyncio.create_task(watch())
    with pytest.raises(TooMuchWork, match="longer than 1 s"):
        await workers.run(catastrophe)
    watching.cancel()
    assert longest < 0.25
    assert await workers.run(sorted, [2, 1]) == [1, 2]


async def test_what_takes_too_much_memory_is_told(workers: Workers) -> None:
    with pytest.raises(TooMuchWork, match="memory"):
        await workers.run(fill)
    assert await workers.run(sorted, [2, 1]) == [1, 2]


async def test_a_process_that_dies_is_replaced(workers: Workers) -> None:
    with pytest.raises(TooMuchWork):
        await workers.run(die)
    assert await workers.run(sorted, [2, 1]) == [1, 2]


async def test_errors_come_back_with_their_fields(workers: Workers) -> None:
    with pytest.raises(InvalidMock) as caught:
        await workers.run(raise_mock, timeout_s=30)
    assert (caught.value.file, caught.value.field) == ("mock.yaml", "0")
    assert "mock.yaml" in caught.value.message
    assert caught.value.advice
    with pytest.raises(TooMuchWork, match="deeply"):
        await workers.run(deep, timeout_s=30)


async def test_one_visitor_does_not_keep_another_waiting(workers: Workers) -> None:
    await asyncio.gather(*(workers.run(os.getpid, who=who) for who in ("ada", "ben")))  # both processes run
    slow = [asyncio.create_task(workers.run(time.sleep, 0.8, who="ada")) for _ in range(3)]
    await asyncio.sleep(0)
    assert await workers.run(sorted, [2, 1], who="ben") == [1, 2]
    assert not slow[-1].done()
    await asyncio.gather(*slow)


SLOW_TO_BEGIN = """
import asyncio, time
from playground.workers import Workers

if __name__ != "__main__":  # a child imports its parent's script before it begins
    time.sleep(1)

async def main():
    workers = Workers(1)
    print(await workers.run(len, "abc", timeout_s=0.5))
    workers.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_how_long_a_process_takes_to_begin_does_not_count(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SLOW_TO_BEGIN)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, str(script)]
    ran = subprocess.run(command, timeout=60, check=False, capture_output=True, text=True, env=environment)
    assert (ran.stdout, ran.returncode) == ("3\n", 0), ran.stderr


async def test_one_visitor_cannot_queue_without_end(workers: Workers) -> None:
    many = [asyncio.create_task(workers.run(time.sleep, 0.05, who="ada")) for _ in range(20)]
    results = await asyncio.gather(*many, return_exceptions=True)
    refused = [result for result in results if isinstance(result, TooMuchWork)]
    assert refused
    assert len(refused) < len(results)


def test_every_error_can_be_handed_over() -> None:
    error: PlaygroundError = APIStatusError("slow down", status_code=429, retry_after_s=3.0)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert again.to_dict() == error.to_dict()
