"""Visitors and their keys: a key typed on the page lives here, in memory, for that browser session alone.

The browser holds a random id in a cookie that no script can read. Keys go in and never come out again. An id counts
only if this app has given it: it carries a code that only this start of the app can make, so that ids which someone
makes up own nothing, and nothing has to be remembered of those that were given and never came back.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import SecretStr

from playground.errors import NoRoom

COOKIE = "playground_visitor"
MAX_VISITORS = 2000  # that have typed a key
MAX_KEYS = 32  # of one visitor; a backend each
IDLE_S = 600.0  # whose keys may go for others'
CODE_DIGITS = 40  # hexadecimal: 160 bits


class VisitorIds:
    """Gives visitors their ids, and knows them again.

    Args:
        secret: what the codes are made with; of this start alone, unless it is given.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def issue(self) -> str:
        """A new id."""
        name = secrets.token_urlsafe(24)
        return f"{name}.{self._code(name)}"

    def knows(self, visitor: str | None) -> bool:
        """Whether `issue` gave that id."""
        name, _, code = (visitor or "").partition(".")
        return hmac.compare_digest(code.encode(), self._code(name).encode())

    def _code(self, name: str) -> str:
        return hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()[:CODE_DIGITS]


@dataclass(slots=True)
class _Held:
    used_at: float
    keys: OrderedDict[str, SecretStr] = field(default_factory=OrderedDict)


class Visitors:
    """The keys that visitors have typed.

    Args:
        limit: how many visitors may have some. Beyond it the longest idle one's go; where none is idle, no new ones
            are taken.
        clock: monotonic seconds.
    """

    def __init__(self, limit: int = MAX_VISITORS, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._keys: OrderedDict[str, _Held] = OrderedDict()

    def key(self, visitor: str | None, backend: str) -> str | None:
        """The visitor's key for that backend."""
        held = self._keys.get(visitor or "")
        if held is None or visitor is None:
            return None
        held.used_at = self._clock()
        self._keys.move_to_end(visitor)
        secret = held.keys.get(backend)
        return secret.get_secret_value() if secret else None

    def set_key(self, visitor: str, backend: str, key: str) -> None:
        """Keep a key; an empty one forgets it. Whether there is such a backend is the caller's to know.

        Raises:
            NoRoom: too many visitors have keys, and all of them are here now.
        """
        held = self._keys.get(visitor)
        if not key:
            if held is not None:
                held.keys.pop(backend, None)
                if not held.keys:
                    del self._keys[visitor]
            return
        if held is None:
            self._make_room()
            held = self._keys[visitor] = _Held(self._clock())
        held.used_at = self._clock()
        self._keys.move_to_end(visitor)
        held.keys[backend] = SecretStr(key)
        held.keys.move_to_end(backend)
        while len(held.keys) > MAX_KEYS:
            held.keys.popitem(last=False)

    def secrets(self) -> list[str]:
        """All keys that are kept, for masking."""
        return [key.get_secret_value() for held in self._keys.values() for key in held.keys.values()]

    def forget(self, visitor: str | None) -> None:
        """Forget all keys of a visitor who has left."""
        self._keys.pop(visitor or "", None)

    def _make_room(self) -> None:
        while len(self._keys) >= self._limit:
            visitor, oldest = next(iter(self._keys.items()))
            if oldest.used_at + IDLE_S > self._clock():
                raise NoRoom(
                    "Too many visitors are using keys of their own at the moment.", advice="Try again in a few minutes."
                )
            del self._keys[visitor]
