"""Log records without secrets, whichever library writes them and whichever handler prints them.

At the level `debug`, httpx, httpcore, aiohttp, asyncio and uvicorn tell of URLs, headers and what went wrong with them.
A record is masked as it is made, once, before any handler has it: a filter on a logger does not see what comes up from
others, and one on a handler does not see the handlers that a library adds.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from playground.wire.mask import Mask

HIDDEN = "***"
# A user and password in a URL; fields of a query or a form that sound like keys; what stands after Bearer and Basic.
_LIKE_A_KEY = re.compile(
    r"(?i)(?P<before>[a-z][a-z0-9+.-]{0,20}://)[^\s/@\"'<>?#]{1,2000}@"
    r"|(?P<field>[?&;](?:[\w.-]{0,40}[-_.])?(?:api-?key|key|token|secret|password|passwd|pwd|sig|signature|auth)=)"
    r"[^\s&#\"'<>)]{1,4000}"
    r"|(?P<scheme>\b(?:bearer|basic)[ ])[\w.~+/=-]{8,4000}"
)


class MaskedRecords:
    """Makes log records: what `logging.setLogRecordFactory` takes.

    Args:
        inner: makes them at first.
        secrets: tells what must not be in them; asked for each record.
    """

    def __init__(self, inner: Callable[..., logging.LogRecord], secrets: Callable[[], Iterable[str]]) -> None:
        self._inner = inner
        self._secrets = secrets
        self._known: frozenset[str] = frozenset()
        self._mask = Mask({})
        self._formatter = logging.Formatter()

    def __call__(self, *given: Any, **named: Any) -> logging.LogRecord:
        """A record, masked."""
        record = self._inner(*given, **named)
        if (secrets := frozenset(self._secrets())) != self._known:
            self._known, self._mask = secrets, Mask(dict.fromkeys(secrets, HIDDEN))
        if isinstance(record.args, tuple):  # uvicorn's formatter of accesses wants its five arguments
            record.args = tuple(map(self._argument, record.args))
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):  # the caller's fault, which logging tells in its own way
            return record
        if (masked := self.text(said)) != said:
            record.msg, record.args = masked, ()
        if record.exc_info and not isinstance(record.exc_info, bool):
            trace = self._formatter.formatException(record.exc_info)
            if (masked := self.text(trace)) != trace:
                record.exc_text = masked  # handlers print this where it is there
        return record

    def text(self, text: str) -> str:
        """The text without what is known to be secret, and without what is written like it."""
        return _LIKE_A_KEY.sub(_hidden, self._mask.text(text))

    def _argument(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        said = str(value)
        masked = self.text(said)
        return value if masked == said else masked


def _hidden(match: re.Match[str]) -> str:
    if before := match["before"]:
        return f"{before}{HIDDEN}@"
    return f"{match['field'] or match['scheme']}{HIDDEN}"


@contextmanager
def masked_logs(secrets: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Masks all records that are made meanwhile, in this process."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(MaskedRecords(before, secrets))
    try:
        yield
    finally:
        logging.setLogRecordFactory(before)
