"""An answer's Markdown on the page while it streams: what is open is plain, a finished block is replaced by its HTML.

A block that takes long to render holds up nothing: it and what comes after it stand as plain text meanwhile.
"""

import asyncio
from collections import deque
from typing import Any

from playground.app.rendering import Rendering
from playground.markup.blocks import BlockStream, Closed
from playground.markup.markdown import is_light, render_markdown
from playground.slices import Slices
from playground.tasks import give_up

PATIENCE_S = 0.03  # about as long as until the next snapshot
MAX_WAITING = 64 * 2**10  # characters that may wait for a block: they are sent once more with it


class LiveBlocks:
    """Takes text, gives frames.

    Args:
        rendering: makes the HTML.
        who: the visitor.
    """

    def __init__(self, rendering: Rendering, who: str) -> None:
        self._rendering = rendering
        self._who = who
        self._stream = BlockStream(render=str)  # blocks as they are: the HTML is made here
        self._waiting: deque[str] = deque()
        self._task: asyncio.Task[str] | None = None

    async def feed(self, text: str) -> dict[str, Any]:
        """The frame for more text: it is open, or blocks are finished."""
        self._waiting += [patch.html for patch in self._stream.feed(text) if isinstance(patch, Closed)]
        return await self._finished() or {"open": text}

    async def late(self) -> dict[str, Any] | None:
        """The frame for a block that was rendered since the last text; None where there is none."""
        return await self._finished()

    async def aclose(self) -> None:
        """Give up what is being rendered."""
        if self._task is not None:
            await give_up(self._task)

    async def _finished(self) -> dict[str, Any] | None:
        html: list[str] = []
        slices = Slices()
        while self._waiting and (drawn := await self._head()) is not None:
            self._waiting.popleft()
            html.append(drawn)
            await slices.rest()
        if not html:
            return None
        return {"closed": "".join(html), "tail": "".join(self._waiting) + self._stream.tail}

    async def _head(self) -> str | None:
        """The HTML of the first block that waits; None where it takes longer."""
        if self._task is None:
            if is_light(self._waiting[0]):
                return render_markdown(self._waiting[0])
            self._task = asyncio.create_task(self._rendering.markdown(self._waiting[0], self._who))
        is_much = sum(map(len, self._waiting)) > MAX_WAITING
        await asyncio.wait((self._task,), timeout=None if is_much else PATIENCE_S)
        if not self._task.done():
            return None
        task, self._task = self._task, None
        return task.result()
