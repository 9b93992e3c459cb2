"""Who is logged in, and who has failed to: in memory, so that a restart ends every session.

A session's token is the visitor's id (`visitors.COOKIE`): keys and rights have one owner and end together.
"""

import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from playground.server.passwords import User

SESSION_S = 12 * 3600.0  # a working day
MAX_SESSIONS = 1000
MAX_FAILURES, WINDOW_S = 10, 600.0  # 1,440 guesses a day from one address, against passwords of 8 and more
MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """A login; `ends_at` is the clock's."""

    user: User
    ends_at: float


class Sessions:
    """The logins that have not ended.

    Args:
        clock: monotonic seconds.
        session_s: how long a login lasts.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, session_s: float = SESSION_S) -> None:
        self._clock = clock
        self.session_s = session_s
        self._by_token: OrderedDict[str, Session] = OrderedDict()

    def begin(self, user: User) -> str:
        """Log a user in; the token for the cookie."""
        while len(self._by_token) >= MAX_SESSIONS:
            self._by_token.popitem(last=False)
        token = secrets.token_urlsafe(32)
        self._by_token[token] = Session(user, self._clock() + self.session_s)
        return token

    def get(self, token: str | None) -> Session | None:
        """The session of that token, unless it has ended."""
        session = self._by_token.get(token or "")
        if session is None or token is None:
            return None
        if session.ends_at <= self._clock():
            del self._by_token[token]
            return None
        return session

    def end(self, token: str | None) -> None:
        """Log out."""
        self._by_token.pop(token or "", None)


class Failures:
    """Failed logins by address: after `limit` within `window_s` seconds, the address has to wait."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        limit: int = MAX_FAILURES,
        window_s: float = WINDOW_S,
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._by_address: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long that address has to wait before it may try again; 0 for not at all."""
        failures = self._by_address.get(_whose(address), deque())
        now = self._clock()
        while failures and failures[0] + self._window_s <= now:
            failures.popleft()
        return failures[0] + self._window_s - now if len(failures) >= self._limit else 0.0

    def add(self, address: str) -> None:
        """An attempt begins that counts until `forgive`: so many at once cannot outrun the count."""
        failures = self._by_address.setdefault(_whose(address), deque(maxlen=self._limit))
        failures.append(self._clock())
        self._by_address.move_to_end(_whose(address))
        while len(self._by_address) > MAX_ADDRESSES:
            self._by_address.popitem(last=False)

    def forgive(self, address: str) -> None:
        """The attempt that was added last has succeeded; those that failed before it still count."""
        if failures := self._by_address.get(_whose(address)):
            failures.pop()


def _whose(address: str) -> str:
    """The address, of IPv6 the first half: a household or a host has as many of those as it likes."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
