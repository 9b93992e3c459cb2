"""The rules that a JSON answer breaks while it streams, looked for in a worker: a schema may take any time.

Each look reads the answer from its beginning; since the next one waits until it has grown by a part of its length, all
of them together take time in proportion to it.
"""

import asyncio
from functools import lru_cache

import orjson

from playground.app.judging import schema_of
from playground.app.rendering import Rendering
from playground.errors import TooMuchWork
from playground.schema.engine import Schema
from playground.schema.live import LiveValidator
from playground.schema.partial import PartialJson
from playground.tasks import give_up
from playground.wire.prepared import PreparedRequest

LEAST_GROWTH = 64  # characters
GROWTH = 8  # a look when the answer has grown by an eighth
MAX_LOOKED_AT = 256 * 2**10  # characters
LATER = "The answer is checked against the schema once it is complete: checking it while it streams takes too long."


class LiveRules:
    """Looks at a growing answer.

    Args:
        request: with the `response_format` whose schema is to be kept.
        rendering: has the workers.
        who: the visitor.
    """

    def __init__(self, request: PreparedRequest, rendering: Rendering, who: str) -> None:
        self._format = orjson.dumps(request.asked_format)
        self._rendering = rendering
        self._who = who
        self._looked = 0
        self._told = 0
        self._task: asyncio.Task[tuple[str, ...]] | None = None
        self._over = len(self._format) > MAX_LOOKED_AT

    async def of(self, text: str, *, done: bool) -> list[str]:
        """What is new about the answer so far; when it is `done`, all of it was looked at."""
        told = self._new() if self._task is not None and self._task.done() else []
        grown = len(text) - self._looked
        if not self._over and self._task is None and grown and (done or grown >= self._growth()):
            self._begin(text)
            await asyncio.sleep(0)
        while done and self._task is not None:
            await asyncio.wait((self._task,))
            told += self._new()
            if not self._over and self._looked < len(text):
                self._begin(text)
        return told

    async def aclose(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            await give_up(self._task)

    def _growth(self) -> int:
        return max(LEAST_GROWTH, self._looked // GROWTH)

    def _begin(self, text: str) -> None:
        self._looked = len(text)
        if len(text) > MAX_LOOKED_AT:
            self._over = True
            return
        work = self._rendering.run(find_broken, self._format, text, who=self._who)
        self._task = asyncio.create_task(work)

    def _new(self) -> list[str]:
        task, self._task = self._task, None
        assert task is not None  # noqa: S101 - whoever calls has looked; this tells the type checker
        try:
            found = task.result()
        except TooMuchWork:
            self._over = True
            return [LATER]
        new = list(found[self._told :])
        self._told = max(self._told, len(found))
        return new


def find_broken(response_format_json: bytes, text: str) -> tuple[str, ...]:
    """The messages about a JSON answer that may be incomplete; for a worker."""
    schema = _schema(response_format_json)
    if schema is None:
        return ()
    return tuple(violation.message for violation in LiveValidator(schema[0]).apply(PartialJson().feed(text)))


@lru_cache(maxsize=4)
def _schema(response_format_json: bytes) -> tuple[Schema] | None:
    """The schema in a tuple, since it may be false; None where there is none that can be used."""
    schema = schema_of(orjson.loads(response_format_json))
    return None if schema is None else (schema,)
