"""`Retry-After` in seconds (RFC 9110, 10.2.3): a number, or a date."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime


def read_retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """How long to wait, in seconds; None where the answer does not say.

    Args:
        headers: the answer's, their names in small letters. A date is counted from its own `date`, where it has one:
            the server's clock may differ from ours.
        now: seconds since the epoch.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        until = _seconds_of(value)
        if until is None:
            return None
        since = _seconds_of(headers.get("date", ""))
        seconds = math.ceil(10 * (until - (now() if since is None else since))) / 10
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_of(date: str) -> float | None:
    """A date in one of HTTP's three forms, as seconds since the epoch; None for anything else."""
    try:
        found = parsedate_to_datetime(date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
