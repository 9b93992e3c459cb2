"""When a request is sent again, and after how long."""

import pytest

from playground.cli.retry import wait_s
from playground.cli.send import send_with_retries
from playground.client import Client
from playground.errors import APIStatusError, ConnectFailed, PlaygroundError, RequestTimeout, StreamInterrupted
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Upstream, scripts


def status(code: int, retry_after_s: float | None = None) -> APIStatusError:
    return APIStatusError("m", status_code=code, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("error", "attempt", "expected"),
    [
        (None, 0, None),
        *((status(code), 0, 1.0) for code in (408, 429, 500, 502, 503)),
        *((status(code), 0, None) for code in (300, 400, 401, 402, 404, 409, 422, 501, 504)),
        (status(429, 7.5), 3, 7.5),
        (status(429, 0), 0, 0),
        (status(503, 3600), 0, None),
        (status(500), 3, 8.0),
        (status(500), 10_000, 30.0),
        (ConnectFailed("m", url="u"), 1, 2.0),
        (RequestTimeout("m", url="u", phase="first_byte", timeout_s=1), 0, None),
        (StreamInterrupted("m"), 0, None),
    ],
)
def test_what_is_worth_it(error: PlaygroundError | None, attempt: int, expected: float | None) -> None:
    assert wait_s(error, attempt) == expected


async def test_it_waits_as_the_server_asks(upstream: Upstream) -> None:
    upstream.enqueue(scripts.rate_limited("7"), scripts.empty_error(503))
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    client = Client()
    prepared = prepare(ChatRequest.parse({"model": "m", "messages": []}), Target(upstream.base_url))
    exchange = await send_with_retries(prepared, client, None, retries=3, sleep=sleep)
    await client.aclose()
    assert exchange.error is None
    assert waits == [7.0, 2.0]
    assert [r.body for r in upstream.requests] == [prepared.body] * 3
