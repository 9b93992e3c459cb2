"""Failed logins: who has failed too often has to wait.

Two counts, because neither alone is right. **By address and name**: ten failures, then that address waits with that
name. So a stranger who comes by the same proxy as everybody else, one that is not trusted to say who asks, locks out
the name they guess at, not everyone; and ten guesses in ten minutes are 1,440 a day, against passwords of 8 characters
and more. **By address**: a far larger count in a far shorter window, for guesses at many names and for floods (a guess
costs 50 ms of a core); it makes everybody at that address wait, but for a minute at most. Names that do not exist
count as those that do, or the waiting would tell them apart.

Of an IPv6 address the first 48 bits count: that is what a household or a small company is commonly given (RFC 6177
names /48 and /56), so whoever has a /64 often has 65,536 of them.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

MAX_FAILURES, WINDOW_S = 10, 600.0  # by address and name
MAX_FAILURES_OF_ADDRESS, ADDRESS_WINDOW_S = 60, 60.0
MAX_KEPT = 20_000
MAX_NAME = 64  # characters of a name that count: a longer one is nobody's
IPV6_BITS = 48


class Failures:
    """Failed attempts, by address and name and by address alone.

    Args:
        clock: monotonic seconds.
        limit, window_s: how many failures of an address with one name are too many within how long.
        address_limit, address_window_s: the same for an address with any names.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        limit: int = MAX_FAILURES,
        window_s: float = WINDOW_S,
        address_limit: int = MAX_FAILURES_OF_ADDRESS,
        address_window_s: float = ADDRESS_WINDOW_S,
    ) -> None:
        self._pairs = _Counts(clock, limit, window_s)
        self._addresses = _Counts(clock, address_limit, address_window_s)

    def wait_s(self, address: str, name: str = "") -> float:
        """How long that address has to wait before it may try that name again; 0 for not at all."""
        whose = group_of(address)
        return max(self._pairs.wait_s((whose, name[:MAX_NAME])), self._addresses.wait_s((whose, "")))

    def add(self, address: str, name: str = "") -> None:
        """An attempt begins that counts until `forgive`: so many at once cannot outrun the count."""
        whose = group_of(address)
        self._pairs.add((whose, name[:MAX_NAME]))
        self._addresses.add((whose, ""))

    def forgive(self, address: str, name: str = "") -> None:
        """The attempt that was added last has succeeded; those that failed before it still count."""
        whose = group_of(address)
        self._pairs.forgive((whose, name[:MAX_NAME]))
        self._addresses.forgive((whose, ""))


class _Counts:
    """Times of failures, the latest `limit` for each key; the keys that failed last are kept."""

    def __init__(self, clock: Callable[[], float], limit: int, window_s: float) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def wait_s(self, key: tuple[str, str]) -> float:
        times = self._times.get(key, deque())
        now = self._clock()
        while times and times[0] + self._window_s <= now:
            times.popleft()
        return times[0] + self._window_s - now if len(times) >= self._limit else 0.0

    def add(self, key: tuple[str, str]) -> None:
        times = self._times.setdefault(key, deque(maxlen=self._limit))
        times.append(self._clock())
        self._times.move_to_end(key)
        while len(self._times) > MAX_KEPT:
            self._times.popitem(last=False)

    def forgive(self, key: tuple[str, str]) -> None:
        if times := self._times.get(key):
            times.pop()


def group_of(address: str) -> str:
    """The address, or the network of a household where it is IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> (128 - IPV6_BITS) << (128 - IPV6_BITS)))
