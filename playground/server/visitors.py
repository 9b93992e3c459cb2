"""Visitors and their keys: a key typed on the page lives here, in memory, for that browser session alone.

The browser holds a random id in a cookie that no script can read. Keys go in and never come out again.
"""

from collections import OrderedDict

from pydantic import SecretStr

COOKIE = "playground_visitor"
MAX_VISITORS = 1000


class Visitors:
    """The keys of the most recent visitors."""

    def __init__(self, limit: int = MAX_VISITORS) -> None:
        self._limit = limit
        self._keys: OrderedDict[str, dict[str, SecretStr]] = OrderedDict()

    def key(self, visitor: str | None, backend: str) -> str | None:
        """The visitor's key for that backend."""
        secret = self._keys.get(visitor or "", {}).get(backend)
        return secret.get_secret_value() if secret else None

    def set_key(self, visitor: str, backend: str, key: str) -> None:
        """Keep a key; an empty one forgets it."""
        keys = self._keys.setdefault(visitor, {})
        self._keys.move_to_end(visitor)
        if key:
            keys[backend] = SecretStr(key)
        else:
            keys.pop(backend, None)
        while len(self._keys) > self._limit:
            self._keys.popitem(last=False)

    def secrets(self) -> list[str]:
        """All keys that are kept, for masking."""
        return [key.get_secret_value() for keys in self._keys.values() for key in keys.values()]

    def forget(self, visitor: str | None) -> None:
        """Forget all keys of a visitor who has left."""
        self._keys.pop(visitor or "", None)
