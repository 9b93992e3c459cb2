"""Visitors and their keys: a key typed on the page lives here, in memory, for that browser session alone.

The browser holds a random id in a cookie that no script can read. Keys go in and never come out again.
"""

import secrets
from collections import OrderedDict

from fastapi import Request, Response
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


def visitor_of(request: Request) -> str | None:
    """The visitor's id from the cookie."""
    return request.cookies.get(COOKIE)


def name_visitor(request: Request, response: Response) -> str:
    """The visitor's id; a new one is set as a cookie that ends with the browser session."""
    visitor = visitor_of(request)
    if visitor is None:
        visitor = secrets.token_urlsafe(32)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, visitor, httponly=True, samesite="strict", secure=secure)
    return visitor
