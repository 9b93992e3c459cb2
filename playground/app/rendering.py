"""Text from outside as HTML, without holding anybody up: what may take long is done in a worker, or stands plain."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from playground.errors import TooMuchWork
from playground.markup.markdown import is_light, render_markdown, render_plain
from playground.workers import Workers

BLOCK_S = 0.5
MAX_BLOCK = 256 * 2**10  # characters of one block that are rendered
CACHE_CHARACTERS = 4 * 2**20

T = TypeVar("T")


class Rendering:
    """Renders for all visitors; keeps the last results, so that the same text need not be rendered again.

    Args:
        workers: do what may take long, one thing at a time for each visitor.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._kept = _Kept(CACHE_CHARACTERS)

    async def run(self, work: Callable[..., T], *given: Any, who: str, timeout_s: float = BLOCK_S) -> T:
        """What `work(*given)` returns, after all else that this visitor waits for.

        Raises:
            TooMuchWork: it took too long, or too much memory.
        """
        lock = self._turns.get(who)
        if lock is None:
            lock = self._turns[who] = asyncio.Lock()
        async with lock:
            return await self._workers.run(work, *given, who=who, timeout_s=timeout_s)

    async def markdown(self, text: str, who: str) -> str:
        """Markdown as HTML: whole, else without colours in its code, else as plain text."""
        if is_light(text):
            return render_markdown(text)
        if len(text) > MAX_BLOCK:
            return render_plain(text)
        return await self.first_of(
            (render_markdown, partial(render_markdown, colours=False)), text, who=who, otherwise=render_plain
        )

    async def first_of(
        self, ways: tuple[Callable[..., str], ...], *given: Any, who: str, otherwise: Callable[..., str]
    ) -> str:
        """The first of several ways to draw something that is quick enough; each costs more than the next."""
        for way in ways:
            try:
                return await self.kept(way, *given, who=who)
            except TooMuchWork:
                continue
        return otherwise(*given)

    async def kept(self, work: Callable[..., str], *given: Any, who: str, timeout_s: float = BLOCK_S) -> str:
        """As `run`, for work that gives the same text for the same arguments, which can be keys."""
        key = (work.func, tuple(work.keywords.items()), given) if isinstance(work, partial) else (work, (), given)
        found = self._kept.get(key)
        if found is None:
            found = await self.run(work, *given, who=who, timeout_s=timeout_s)
            self._kept.put(key, found, sum(len(part) for part in given if isinstance(part, str)))
        return found


class _Kept:
    """The texts that were used last, as many as have room."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._texts: OrderedDict[Any, tuple[str, int]] = OrderedDict()

    def get(self, key: Any) -> str | None:
        found = self._texts.get(key)
        if found is None:
            return None
        self._texts.move_to_end(key)
        return found[0]

    def put(self, key: Any, text: str, given: int) -> None:
        size = len(text) + given
        if size > self._room // 4 or key in self._texts:
            return
        self._texts[key] = (text, size)
        self._used += size
        while self._used > self._room:
            self._used -= self._texts.popitem(last=False)[1][1]
