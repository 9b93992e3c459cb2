"""When trying again can help, and after how long."""

from playground.errors import APIStatusError, ConnectFailed, PlaygroundError

WORTH_RETRYING = {408, 429, 500, 502, 503}
MAX_BACKOFF_S = 30.0
MAX_ASKED_S = 600.0  # a server that asks for more means: not now


def wait_s(error: PlaygroundError | None, attempt: int) -> float | None:
    """How long to wait before the next try, in seconds; None where trying again is of no use.

    What the server asks for with `Retry-After` counts; else 1, 2, 4 … up to 30 s. `attempt` counts from 0.
    """
    if isinstance(error, ConnectFailed):
        return _backoff_s(attempt)
    if not isinstance(error, APIStatusError) or error.status_code not in WORTH_RETRYING:
        return None
    if error.retry_after_s is None:
        return _backoff_s(attempt)
    return error.retry_after_s if error.retry_after_s <= MAX_ASKED_S else None


def _backoff_s(attempt: int) -> float:
    return min(2.0 ** min(attempt, 10), MAX_BACKOFF_S)
