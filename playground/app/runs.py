"""The same request several times, each answer judged: how reliable is the shape?"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from playground.app.judging import question_of
from playground.client import Client
from playground.errors import PlaygroundError
from playground.run import run
from playground.schema.verdict import Verdict
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest
from playground.workers import Workers

FEWEST, MOST = 2, 20
AT_ONCE = 2
NO_SCHEMA = "The request does not ask for JSON, or its schema cannot be used."


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        outcome: a verdict's, or `failed` where there was no answer to judge.
        reason: why it is not valid, in words that are the same for the same fault.
        took_s: until the answer was complete.
    """

    outcome: str
    reason: str = ""
    took_s: float | None = None


async def run_many(
    prepared: PreparedRequest,
    count: int,
    *,
    client: Client,
    key: str | None,
    workers: Workers,
    who: str = "",
    at_once: int = AT_ONCE,
) -> AsyncGenerator[Run, None]:
    """The runs as they end. Closing the iterator ends those that are under way."""
    done: asyncio.Queue[Run] = asyncio.Queue()
    turns = asyncio.Semaphore(at_once)

    async def one() -> None:
        async with turns:
            exchange = await _exchange(prepared, client, key)
            await done.put(await _judged(exchange, workers, who))

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(count)]
        try:
            for _ in range(count):
                yield await done.get()
        finally:
            for task in tasks:
                task.cancel()


async def _exchange(prepared: PreparedRequest, client: Client, key: str | None) -> Exchange:
    exchange = Exchange(prepared)
    async with aclosing(run(prepared, client=client, key=key)) as snapshots:
        async for snapshot in snapshots:
            exchange = snapshot
    return exchange


async def _judged(exchange: Exchange, workers: Workers, who: str) -> Run:
    took_s = exchange.timings.e2e_s
    if exchange.error is not None:
        return Run("failed", exchange.error.message, took_s)
    question = question_of(exchange)
    if question is None:
        return Run("failed", NO_SCHEMA, took_s)
    try:
        verdict = await workers.run(question.judge, who=who)
    except PlaygroundError as error:
        return Run("failed", error.message, took_s)
    return Run(verdict.outcome, _reason(verdict), took_s) if verdict else Run("failed", NO_SCHEMA, took_s)


def _reason(verdict: Verdict) -> str:
    """The rules and their places, without the values, which differ from run to run."""
    if verdict.violations:
        places = [f"{violation.pointer or '(whole answer)'} {violation.rule}" for violation in verdict.violations]
        return ", ".join(dict.fromkeys(places))
    return verdict.problem.message if verdict.problem else verdict.message if verdict.outcome == "refused" else ""
