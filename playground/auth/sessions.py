"""Who is logged in, and what runs for them: in memory, so that a restart ends every session.

A session's token is the visitor's id (`visitors.COOKIE`): keys and rights have one owner and end together.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

SESSION_S = 12 * 3600.0  # a working day
MAX_SESSIONS_OF_ONE = 20  # of one name: more are a program, and push out its own


class Person(Protocol):
    """Who can have a session: a user, or whoever has the app's token."""

    @property
    def name(self) -> str:
        """Of a user; "" where there is no login."""

    @property
    def admin(self) -> bool:
        """Whether they are an administrator."""


@dataclass(frozen=True, slots=True)
class Session:
    """A login; `ends_at` is the clock's."""

    user: Person
    ends_at: float


class Sessions:
    """The logins that have not ended. Safe to ask from any thread.

    Args:
        clock: monotonic seconds.
        session_s: how long a login lasts.
        ended: is told each token whose session has ended, in whichever way.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        session_s: float = SESSION_S,
        ended: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._clock = clock
        self.session_s = session_s
        self.ended = ended
        self._by_token: dict[str, Session] = {}
        self._by_name: dict[str, OrderedDict[str, None]] = {}
        self._running: dict[str, set[Callable[[], object]]] = {}

    def begin(self, user: Person, *, session_s: float | None = None) -> str:
        """Log someone in; the token for the cookie. Beyond `MAX_SESSIONS_OF_ONE` their own oldest session ends.

        Args:
            user: who.
            session_s: how long it lasts, where that is not `self.session_s`.
        """
        own = self._by_name.setdefault(user.name, OrderedDict())
        while len(own) >= MAX_SESSIONS_OF_ONE:
            self.end(next(iter(own)))
        token = secrets.token_urlsafe(32)
        lasts_s = self.session_s if session_s is None else session_s
        self._by_token[token] = Session(user, self._clock() + lasts_s)
        own[token] = None
        return token

    def get(self, token: str | None) -> Session | None:
        """The session of that token, unless it has ended."""
        session = self._by_token.get(token or "")
        if session is None or token is None:
            return None
        if session.ends_at <= self._clock():
            self.end(token)
            return None
        return session

    def left_s(self, token: str) -> float:
        """How many seconds that session has left; 0 where it has ended."""
        session = self.get(token)
        return session.ends_at - self._clock() if session else 0.0

    def end(self, token: str | None) -> None:
        """Log out: nothing that runs for this session goes on."""
        session = self._by_token.pop(token or "", None)
        if session is None or token is None:
            return
        own = self._by_name.get(session.user.name)
        if own is not None:
            own.pop(token, None)
        self.ended(token)
        for cancel in list(self._running.pop(token, ())):
            cancel()

    @contextmanager
    def running(self, token: str, cancel: Callable[[], object]) -> Iterator[None]:
        """While a request of that session runs: `cancel` is called, in this loop, when the session ends."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.call_soon_threadsafe(cancel)

        self._running.setdefault(token, set()).add(stop)
        if self.get(token) is None:  # it ended in between
            stop()
        try:
            yield
        finally:
            running = self._running.get(token, set())
            running.discard(stop)
            if not running:
                self._running.pop(token, None)
