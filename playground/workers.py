"""Work on text from outside that may take long, in processes of their own, with limits of time and memory.

Python's regular expressions and parsers hold the interpreter's lock: in a thread they would stop every visitor. A
worker that takes too long, or too much memory, is killed, and only the one who asked is told.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import queue
import resource
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from playground.errors import PlaygroundError, TooMuchWork

TIMEOUT_S = 2.0
MEMORY_BYTES = 768 * 2**20  # above what a worker's modules take
START_S = 30.0  # until a process has begun, on the busiest machine
READY = "ready"
WAITING = 4  # of one visitor
ADVICE = "Use a smaller or simpler text."
PRELOAD = ("playground.workers",)

T = TypeVar("T")


class Workers:
    """A few processes that each do one thing at a time.

    Args:
        count: how many. One visitor has at most `count - 1` of them, so that another's work can begin.
        timeout_s: how long a piece of work may take; each can say less or more.
        memory_bytes: how much more memory a process may take than it had at first.
        preload: modules that a process has imported before its first work.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        timeout_s: float = TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
        preload: tuple[str, ...] = (),
    ) -> None:
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._context = _context((*PRELOAD, *preload))
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, name=f"worker-{n}", daemon=True) for n in range(count)]
        self._most_at_once = max(1, count - 1)
        self._turns: dict[str, asyncio.Semaphore] = {}  # of those who wait in the loop
        self._waiting: Counter[str] = Counter()
        self._begun = False
        self._lock = threading.Lock()
        self._closed = False

    async def run(self, work: Callable[..., T], *given: Any, who: str = "", timeout_s: float | None = None) -> T:
        """What `work(*given)` returns; all of it must be picklable, and `work` a function of a module.

        Args:
            work: the function.
            given: its arguments.
            who: the visitor: nobody has all the workers.
            timeout_s: seconds, from when a process begins with it.

        Raises:
            TooMuchWork: it took too long or too much memory, or this visitor has too much waiting.
            Exception: whatever `work` raised.
        """
        with self._lock:
            self._enter(who)
        turns = self._turns.setdefault(who, asyncio.Semaphore(self._most_at_once))
        try:
            async with turns:
                job = _Job(work, given, self._timeout_s if timeout_s is None else timeout_s)
                self._begin()
                self._jobs.put(job)
                answer: T = await asyncio.wrap_future(job.future)
                return answer
        finally:
            with self._lock:
                self._done(who)

    def do(self, work: Callable[..., T], *given: Any, who: str = "", timeout_s: float | None = None) -> T:
        """The same for a thread, which waits; never call it on an event loop.

        Raises:
            TooMuchWork, Exception: as `run` does.
        """
        with self._lock:
            self._enter(who)
        try:
            job = _Job(work, given, self._timeout_s if timeout_s is None else timeout_s)
            self._begin()
            self._jobs.put(job)
            answer: T = job.future.result()
            return answer
        finally:
            with self._lock:
                self._done(who)

    def _enter(self, who: str) -> None:
        if self._waiting[who] >= WAITING + self._most_at_once:
            raise TooMuchWork(
                "Several of your large texts are already being read.", advice="Wait until they are finished."
            )
        self._waiting[who] += 1

    def _done(self, who: str) -> None:
        self._waiting[who] -= 1
        if self._waiting[who] <= 0:
            del self._waiting[who]
            self._turns.pop(who, None)

    def start(self) -> None:
        """Start the processes now, so that the first work does not wait for them; returns at once."""
        self._begin()

    def close(self) -> None:
        """End all processes; work under way is given up."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)

    def _begin(self) -> None:
        with self._lock:
            if not self._begun:
                self._begun = True
                for thread in self._threads:
                    thread.start()

    def _serve(self) -> None:
        """One thread for one process: it hands over a piece of work, waits, and starts another process if need be."""
        process = _Process(self._context, self._memory_bytes)
        try:
            while (job := self._jobs.get()) is not None and not self._closed:
                if not job.future.set_running_or_notify_cancel():
                    continue
                try:
                    job.future.set_result(process.do(job))
                except BaseException as error:  # noqa: BLE001 - handed on to whoever waits
                    job.future.set_exception(error)
        finally:
            process.end()


class _Job:
    """A piece of work and where its result goes."""

    def __init__(self, work: Callable[..., Any], given: tuple[Any, ...], timeout_s: float) -> None:
        self.work = work
        self.given = given
        self.timeout_s = timeout_s
        self.future: Future[Any] = Future()


class _Process:
    """One child at a time, started again after it had to be killed."""

    def __init__(self, context: BaseContext, memory_bytes: int) -> None:
        self._context = context
        self._memory_bytes = memory_bytes
        self._start()

    def _start(self) -> None:
        self._pipe, other = self._context.Pipe()
        # A child of the forkserver's, so it inherits nothing of ours; it ends when its end of the pipe breaks.
        arguments = (other, self._memory_bytes)
        self._child: BaseProcess = self._context.Process(  # type: ignore[attr-defined] # each context has it
            target=_work, args=arguments, name="playground-worker", daemon=True
        )
        self._child.start()
        other.close()
        self._ready = False

    def do(self, job: _Job) -> Any:
        """Let the child do it.

        Raises:
            TooMuchWork: it did not end in time, or ended the child.
        """
        if not self._child.is_alive():
            self._again()
        try:
            self._wait_until_ready()
            self._pipe.send((job.work, job.given))
            if not self._pipe.poll(job.timeout_s):
                self._again()
                raise TooMuchWork(f"This took longer than {job.timeout_s:g} s and was cancelled.", advice=ADVICE)
            right, answer = self._pipe.recv()
        except (EOFError, OSError):
            self._again()
            raise TooMuchWork("This exceeded its memory limit and was cancelled.", advice=ADVICE) from None
        if right:
            return answer
        if isinstance(answer, MemoryError):
            self._again()
            raise TooMuchWork("This exceeded its memory limit and was cancelled.", advice=ADVICE)
        raise answer

    def _wait_until_ready(self) -> None:
        """The child's own beginning is not the work's: it does not count as its time."""
        if not self._ready:
            if not self._pipe.poll(START_S):
                self._again()
                raise TooMuchWork("The process that reads large texts did not start in time.", advice="Try again.")
            self._ready = self._pipe.recv() == READY

    def _again(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        """Kill the child."""
        self._child.kill()
        self._child.join(5)
        self._pipe.close()


def _context(preload: tuple[str, ...]) -> BaseContext:
    """A server that forks clean children in milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


def _work(pipe: Connection, memory_bytes: int) -> None:
    """The child: one piece of work after another, until nobody is at the other end."""
    _limit(memory_bytes)
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        pipe.send(READY)
        while True:
            work, given = pipe.recv()
            try:
                answer = True, work(*given)
            except PlaygroundError as error:
                answer = False, error
            except (MemoryError, RecursionError) as error:
                answer = False, MemoryError() if isinstance(error, MemoryError) else _too_deep()
            except Exception as error:  # noqa: BLE001 - handed on to whoever asked
                answer = False, error
            _send(pipe, answer)


def _send(pipe: Connection, answer: tuple[bool, Any]) -> None:
    try:
        pipe.send(answer)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - it cannot be pickled, or there is no memory for it
        logging.getLogger(__name__).warning("a worker's answer could not be handed over: %s", type(error).__name__)
        pipe.send((False, MemoryError() if isinstance(error, MemoryError) else _too_deep()))


def _too_deep() -> TooMuchWork:
    return TooMuchWork("This is nested too deeply to be read.", advice=ADVICE)


def _limit(memory_bytes: int) -> None:
    """So much more memory than now; nothing on disk; little importance."""
    with contextlib.suppress(OSError, ValueError):
        os.nice(5)  # who streams comes first
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere it is not held to
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - nothing to join
            held = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + memory_bytes, held + memory_bytes))
