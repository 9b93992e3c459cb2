"""The loop: snapshots at the rate of a screen, and an end that leaves nothing behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from time import perf_counter

import pytest

from playground.client import Client
from playground.errors import ConnectFailed, StreamInterrupted
from playground.run import run
from playground.wire import events as ev
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Script, Upstream, scripts


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client()
    yield client
    await client.aclose()


def to(base_url: str) -> PreparedRequest:
    return prepare(ChatRequest.parse({"messages": [], "stream": True}), Target(base_url))


async def all_of(client: Client, base_url: str, hz: float = 1000) -> list[Exchange]:
    return [shot async for shot in run(to(base_url), client=client, hz=hz)]


class Scripted(Client):
    """A client that plays events, and then fails if it is told to."""

    def __init__(self, *played: ev.StreamEvent | asyncio.Event | Exception) -> None:
        super().__init__()
        self.played = played
        self.closed = False

    async def events(self, request: PreparedRequest, key: str | None = None) -> AsyncGenerator[ev.StreamEvent, None]:
        del request, key
        try:
            for item in self.played:
                match item:
                    case asyncio.Event():
                        await item.wait()
                    case Exception():
                        raise item
                    case _:
                        yield item
        finally:
            self.closed = True


async def test_the_whole_answer(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(usage=scripts.usage()))
    shots = await all_of(client, upstream.base_url)
    last = shots[-1]
    assert (last.done, last.error, last.answer.content) == (True, None, "Hello, wörld 🌍!")
    assert last.timings.completion_tokens == 5
    assert all(last.answer.content.startswith(shot.answer.content) for shot in shots)


async def test_the_first_snapshot_comes_at_once() -> None:
    hold = asyncio.Event()
    client = Scripted(ev.ContentDelta(0, "a"), hold, ev.ContentDelta(1, "b"), ev.Completed(1))
    start = perf_counter()
    async with aclosing(run(to("http://x/v1"), client=client, hz=0.01)) as shots:
        first = await anext(shots)
        assert perf_counter() - start < 50
        assert (first.answer.content, first.done) == ("a", False)
        hold.set()
        last = [shot async for shot in shots][-1]
        assert perf_counter() - start < 50  # the end is not held up by the rate
    assert (last.answer.content, last.done) == ("ab", True)


async def test_the_first_delta_does_not_wait_for_its_turn() -> None:
    hold = asyncio.Event()
    head = ev.ResponseStarted(0, 200, "OK", (), ())
    client = Scripted(head, hold, ev.ContentDelta(1, "a"), ev.ContentDelta(1, "b"), asyncio.Event())
    start = perf_counter()
    async with aclosing(run(to("http://x/v1"), client=client, hz=0.01)) as shots:
        assert not (await anext(shots)).pieces
        hold.set()
        assert (await anext(shots)).answer.content == "ab"
        assert perf_counter() - start < 50


async def test_a_thousand_chunks_are_few_snapshots(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(["x"] * 1000, per_second=2000))
    start = perf_counter()
    shots = await all_of(client, upstream.base_url, hz=20)
    seconds = perf_counter() - start
    assert seconds > 0.4
    assert 5 < len(shots) <= seconds * 20 + 3
    assert (shots[-1].done, shots[-1].answer.content) == (True, "x" * 1000)
    assert not any(shot.done for shot in shots[:-2])


async def test_a_slow_reader_gets_the_newest(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(["x"] * 100))
    shots = []
    async for shot in run(to(upstream.base_url), client=client, hz=1000):
        shots.append(shot)
        await upstream.wait_until(lambda: upstream.requests[0].outcome == "complete")
        await asyncio.sleep(0.02)
    assert len(shots) < 10
    assert shots[-1].answer.content == "x" * 100


async def test_an_error_is_in_the_last_snapshot(client: Client, upstream: Upstream) -> None:
    upstream.enqueue(scripts.cut_stream())
    last = (await all_of(client, upstream.base_url))[-1]
    assert isinstance(last.error, StreamInterrupted)
    assert (last.done, last.answer.content) == (True, "Hello")
    await upstream.close()
    assert isinstance((await all_of(client, upstream.base_url))[-1].error, ConnectFailed)


async def test_a_fault_of_our_own_is_raised() -> None:
    client = Scripted(ev.ContentDelta(0, "a"), ZeroDivisionError("ours"))
    shots: list[Exchange] = []
    with pytest.raises(ZeroDivisionError, match="ours"):
        async for shot in run(to("http://x/v1"), client=client):
            shots.append(shot)  # noqa: PERF401 - the snapshots before the fault are looked at
    assert not any(shot.done for shot in shots)
    assert client.closed


async def test_an_error_while_it_is_closed_does_not_hide(client: Client) -> None:
    del client
    scripted = Scripted(ev.ContentDelta(0, "a"), asyncio.Event())
    before = asyncio.all_tasks()
    async with aclosing(run(to("http://x/v1"), client=scripted)) as shots:
        await anext(shots)
    assert scripted.closed
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (scripts.stall_between(after=2), "Hello"),
        (scripts.stall_first(head=True), ""),
        (scripts.stream(["x"] * 10_000, per_second=200), "x"),
    ],
    ids=["stalled", "head only", "running"],
)
async def test_stop(client: Client, upstream: Upstream, script: Script, text: str) -> None:
    upstream.enqueue(script)
    before = asyncio.all_tasks()
    last = None
    async with aclosing(run(to(upstream.base_url), client=client, hz=1000)) as shots:
        async for shot in shots:
            last = shot
            if shot.status_code and shot.answer.content.startswith(text):
                break
    assert last is not None
    assert not {task for task in asyncio.all_tasks() - before if "pump" in repr(task)}
    await upstream.wait_for_disconnect(timeout_s=1)
    stopped = last.stop()
    assert (stopped.stopped, stopped.done, stopped.error) == (True, True, None)
    assert stopped.answer == last.answer


@pytest.mark.parametrize("script", [scripts.stall_first(), scripts.stall_between()], ids=["no head", "between"])
async def test_a_reader_that_is_cancelled_ends_the_request(client: Client, upstream: Upstream, script: Script) -> None:
    upstream.enqueue(script)
    reader = asyncio.create_task(all_of(client, upstream.base_url))
    await upstream.wait_for_requests()
    await upstream.wait_until(lambda: upstream.requests[0].chunks_written >= len(script.steps) - 2)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await upstream.wait_for_disconnect(timeout_s=1)
    assert not [task for task in asyncio.all_tasks() if "pump" in repr(task)]


async def test_many_at_once_share_a_client(client: Client, upstream: Upstream) -> None:
    texts = [f"answer {number}" for number in range(20)]
    upstream.enqueue(*(scripts.stream(list(text)) for text in texts))
    found = await asyncio.gather(*(all_of(client, upstream.base_url) for _ in texts))
    assert sorted(shots[-1].answer.content for shots in found) == sorted(texts)
    assert all(shots[-1].timings.connect_s is not None for shots in found)
