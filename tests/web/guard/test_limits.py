"""What is too much is refused in words, and what was counted is counted down again."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from playground.auth.visitors import COOKIE
from playground.web.app import create_api
from playground.web.guard import limits
from playground.web.guard.limits import BODY_LIMITS, MAX_BODY_BYTES, Limits
from playground.web.guard.login import Login
from tests.upstream import ThreadedUpstream, scripts
from tests.web.opened import ADA, BEN, EVERYWHERE, USERS, context_of, log_in, served

KEY = "/gradio_api/key"
EXCHANGE = "/gradio_api/exchange"
HOME = "http://127.0.0.1"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(create_api(context_of())) as address:
        yield address


def pieces(total: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(0, total, 64 * 1024):
        yield b" " * 64 * 1024


@pytest.mark.parametrize("path", [KEY, EXCHANGE])
@pytest.mark.parametrize("told", [True, False], ids=["length told", "length not told"])
def test_a_body_that_is_too_long_is_refused_in_words(url: str, path: str, told: bool) -> None:  # noqa: FBT001 - a case
    limit = BODY_LIMITS.get(path, MAX_BODY_BYTES)
    body = b" " * (limit + 1) if told else pieces(limit + 1)
    answer = httpx.post(f"{url}{path}", content=body, headers={"content-type": "application/json"}, timeout=30)
    assert answer.status_code == 413
    assert ("16 KiB" if path == KEY else "24 MiB") in answer.text


def test_a_long_message_that_the_form_allows_is_taken(url: str) -> None:
    form = {"backend": "custom", "custom_url": "http://127.0.0.1:1/v1", "message": "é" * (4 * 2**20)}
    assert httpx.post(f"{url}{EXCHANGE}", json=form, timeout=60).status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e9", "nonsense", "9" * 30])
def test_a_length_that_is_none_does_no_harm(url: str, length: str) -> None:
    with httpx.Client(base_url=url) as client:
        request = client.build_request("POST", KEY, content=b"{}")
        request.headers["content-length"] = length
        with suppress(httpx.ProtocolError):  # the server has closed the connection, or this client would not send it
            assert client.send(request).status_code in {400, 413}
        assert client.get("/login").status_code == 404  # it still answers


def stalled(upstream: ThreadedUpstream) -> dict[str, str]:
    """A form whose exchange goes on until its visitor leaves."""
    upstream.default(scripts.stall_between())
    return {"backend": "custom", "custom_url": upstream.base_url, "conversation": "c" * 20, "message": "hello"}


def test_a_visitor_has_so_many_exchanges_at_a_time(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(max_exchanges=2)
    form = stalled(threaded_upstream)
    with served(create_api(context)) as address, httpx.Client(base_url=address, timeout=30) as client:
        client.cookies.set(COOKIE, context.access.ids.issue())
        with ExitStack() as running:
            for _ in range(2):
                running.enter_context(client.stream("POST", EXCHANGE, json=form))
            threaded_upstream.wait_for_requests(2)
            refused = client.post(EXCHANGE, json=form)
            assert refused.status_code == 429
            assert refused.json() == {
                "error": "You have 2 requests running. Stop one, or wait until one has finished.",
            }
            assert "retry-after" in refused.headers
            other = httpx.Client(base_url=address, cookies={COOKIE: context.access.ids.issue()}, timeout=30)
            running.enter_context(other)
            assert running.enter_context(other.stream("POST", EXCHANGE, json=form)).status_code == 200
            threaded_upstream.wait_for_requests(3)
        threaded_upstream.wait_for_disconnect(3)
        assert _until(lambda: _starts(client, form))


def _starts(client: httpx.Client, form: dict[str, str]) -> bool:
    with client.stream("POST", EXCHANGE, json=form) as answer:
        return answer.status_code == 200


def _until(holds: Callable[[], bool], timeout_s: float = 5) -> bool:
    """Whether it holds before long: the server counts down a moment after the visitor has left."""
    pause = threading.Event()
    return any(holds() or pause.wait(0.05) for _ in range(int(timeout_s / 0.05)))


def test_one_user_is_one_visitor_in_every_browser(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of("127.0.0.1".__eq__, host=EVERYWHERE, users=USERS, max_exchanges=1, internal_hosts="127.0.0.1")
    form = stalled(threaded_upstream)
    with served(create_api(context)) as address, ExitStack() as running:
        clients = [running.enter_context(httpx.Client(base_url=address, timeout=30)) for _ in range(3)]
        for client, (name, password) in zip(clients, (("ben", BEN), ("ben", BEN), ("ada", ADA)), strict=True):
            assert log_in(client, name, password).status_code == 303
        running.enter_context(clients[0].stream("POST", EXCHANGE, json=form))
        threaded_upstream.wait_for_requests(1)
        assert clients[1].post(EXCHANGE, json=form).status_code == 429
        assert running.enter_context(clients[2].stream("POST", EXCHANGE, json=form)).status_code == 200


def test_all_visitors_together_have_a_limit_too() -> None:
    began, go = threading.Semaphore(0), threading.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        began.release()
        await asyncio.to_thread(go.wait, 10)
        await PlainTextResponse("done")(scope, receive, send)

    with served(Limits(waits, max_exchanges=5, max_total=2), lifespan="off") as address:
        threads = [threading.Thread(target=_post, args=(address, f"visitor-{number}")) for number in range(2)]
        for thread in threads:
            thread.start()
            assert began.acquire(timeout=10)
        answer = httpx.post(f"{address}{EXCHANGE}", cookies={COOKIE: "visitor-3"})
        assert answer.status_code == 503
        assert "too many requests" in answer.json()["error"]
        go.set()
        for thread in threads:
            thread.join(10)
        assert httpx.post(f"{address}{EXCHANGE}").text == "done"


def _post(address: str, visitor: str) -> None:
    with suppress(httpx.HTTPError):
        httpx.post(f"{address}{EXCHANGE}", cookies={COOKIE: visitor}, timeout=10)


async def test_what_is_under_way_of_one_visitor_is_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_HELD_BYTES", 1000)
    go_on, read = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        read.set()
        await go_on.wait()
        await PlainTextResponse("read")(scope, receive, send)

    inner, context = Limits(app), context_of()
    limited = Login(ExceptionMiddleware(inner), access=context.access, visitors=context.visitors)
    ada, ben = ({"cookie": f"{COOKIE}={context.access.ids.issue()}"} for _ in range(2))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url=HOME) as client:
        first = asyncio.create_task(client.post("/a", content=b"x" * 900, headers=ada))
        await read.wait()
        assert (await client.post("/a", content=b"x" * 200, headers=ada)).status_code == 429
        other = asyncio.create_task(client.post("/a", content=b"x" * 200, headers=ben))
        go_on.set()
        assert (await first).status_code == (await other).status_code == 200
        assert (await client.post("/a", content=b"x" * 900, headers=ada)).status_code == 200
    assert not inner._held


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECEIVE_S", 0.05)

    async def app(scope: Scope, receive: Receive, _: Send) -> None:
        await Request(scope, receive).body()

    async def receive() -> Message:
        await asyncio.sleep(30)
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/a", "headers": [], "query_string": b""}
    await ExceptionMiddleware(Limits(app))(scope, receive, send)
    assert sent[0]["status"] == 408
