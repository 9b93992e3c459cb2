"""What is whose: conversations, keys and sessions; and nothing goes on once a session has ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from playground.app import conversation_store
from playground.app.context import Context
from playground.app.conversation_store import Bounds, Conversations
from playground.auth.sessions import MAX_SESSIONS_OF_ONE
from playground.auth.visitors import COOKIE
from playground.errors import NoRoom
from playground.ui.draw.runs import draw_runs
from playground.web.app import create_api
from playground.web.routes.runs import run_routes
from tests.upstream import ThreadedUpstream, scripts
from tests.web.opened import ADA, BEN, EVERYWHERE, USERS, context_of, log_in, served

ID = "the-id-of-a-tab-of-ada"
EXCHANGE, KEY = "/gradio_api/exchange", "/gradio_api/key"
LOGIN: dict[str, Any] = {"host": EVERYWHERE, "users": USERS, "admins": "ada"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def browser(address: str, context: Context, who: str = "") -> Iterator[httpx.Client]:
    """A visitor's: logged in, where there is a login; else with an id that the app gave."""
    with httpx.Client(base_url=address, timeout=30) as client:
        if who:
            assert log_in(client, who, {"ada": ADA, "ben": BEN}[who]).status_code == 303
        else:
            client.cookies.set(COOKIE, context.access.ids.issue())
        yield client


def form(upstream: ThreadedUpstream, conversation: str = ID, **more: Any) -> dict[str, Any]:
    fields = {"conversation": conversation, "backend": "therouter", "model": "m", "message": "a secret of Ada's"}
    del upstream
    return fields | more


@pytest.fixture(params=["login", "no login", "local"])
def app(request: pytest.FixtureRequest, threaded_upstream: ThreadedUpstream) -> Iterator[tuple[Context, str]]:
    """Our routes in each of the three ways, TheRouter's place taken by the upstream."""
    ways: dict[str, dict[str, Any]] = {"login": LOGIN, "no login": {"open_without_login": True}, "local": {}}
    context = context_of(therouter_base_url=threaded_upstream.base_url, **ways[request.param])
    api = create_api(context)
    api.include_router(run_routes(context, draw_runs))
    with served(api) as address:
        yield context, address


def of_two(context: Context) -> tuple[str, str]:
    """Two people, as `browser` names them."""
    return ("ada", "ben") if context.access.users else ("", "")


def typed_key(client: httpx.Client) -> None:
    assert client.post(KEY, json={"backend": "therouter", "key": "sk-typed"}).json() == {"set": True}


def test_another_with_the_same_id_has_a_conversation_of_their_own(
    app: tuple[Context, str], threaded_upstream: ThreadedUpstream
) -> None:
    context, address = app
    one, other = of_two(context)
    for who, said in ((one, "a secret of Ada's"), (other, "hello")):
        with browser(address, context, who) as client:
            typed_key(client)
            client.post(EXCHANGE, json=form(threaded_upstream, message=said))
    assert "secret" in threaded_upstream.requests[0].body.decode()
    assert "secret" not in threaded_upstream.requests[1].body.decode()
    if context.access.users:  # a user is the same in another browser
        with browser(address, context, one) as client:
            typed_key(client)
            client.post(EXCHANGE, json=form(threaded_upstream, message="and then?"))
        assert "secret" in threaded_upstream.requests[2].body.decode()


def test_after_a_session_the_next_person_at_the_tab_finds_nothing(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(therouter_base_url=threaded_upstream.base_url, **LOGIN)
    with served(create_api(context)) as address, browser(address, context, "ada") as client:
        typed_key(client)
        client.post(EXCHANGE, json=form(threaded_upstream))
        client.post("/logout")
        log_in(client, "ben", BEN)
        client.post(EXCHANGE, json=form(threaded_upstream, message="hello"))
        assert len(threaded_upstream.requests) == 1  # there is no key any more
        typed_key(client)
        client.post(EXCHANGE, json=form(threaded_upstream, message="hello"))
    assert "secret" not in threaded_upstream.requests[1].body.decode()


def test_ids_that_someone_makes_up_own_nothing(app: tuple[Context, str], threaded_upstream: ThreadedUpstream) -> None:
    context, address = app
    one, _ = of_two(context)
    with browser(address, context, one) as client:
        typed_key(client)
        client.post(EXCHANGE, json=form(threaded_upstream))
        owner = context.access.owner(client.cookies[COOKIE])
        for number in range(300):
            cookies = {COOKIE: f"made-up-{number:040}"}
            with httpx.Client(base_url=address, cookies=cookies) as stranger:
                stranger.post(EXCHANGE, json=form(threaded_upstream, f"made-up-{number:040}"))
                stranger.post(KEY, json={"backend": "therouter", "key": "sk-made-up"})
        assert len(threaded_upstream.requests) == 1  # nothing was sent for them
        assert [key for key, _ in context.conversations._kept.items()] == [(owner, ID)]
        assert list(context.visitors._keys) == [client.cookies[COOKIE]]


def test_501_ids_push_out_nobody_elses_conversation(
    app: tuple[Context, str], threaded_upstream: ThreadedUpstream
) -> None:
    context, address = app
    one, other = of_two(context)
    with browser(address, context, one) as ada, browser(address, context, other) as ben:
        typed_key(ada)
        ada.post(EXCHANGE, json=form(threaded_upstream))
        for number in range(501):
            ben.post(EXCHANGE, json=form(threaded_upstream, f"made-up-{number:040}", message=""))
        owner = context.access.owner(ben.cookies[COOKIE])
        assert sum(key[0] == owner for key in context.conversations._kept) == context.conversations.bounds.of_one
        assert len(context.conversation(ID, ada.cookies[COOKIE]).turns) == 1


def test_keys_for_backends_that_do_not_exist_are_not_kept(app: tuple[Context, str]) -> None:
    context, address = app
    with browser(address, context, of_two(context)[0]) as client:
        for number in range(100):
            answer = client.post(KEY, json={"backend": f"made-up-{number}", "key": "k" * 4096})
            assert answer.status_code == 404
            assert "no such backend" in answer.json()["detail"]
        assert not context.visitors._keys


def test_1005_logins_of_one_user_end_nobody_elses_session() -> None:
    context = context_of(**LOGIN)
    with served(create_api(context)) as address, browser(address, context, "ada") as ada:
        tokens = []
        with httpx.Client(base_url=address) as client:
            for _ in range(1005):
                assert log_in(client, "ben", BEN).status_code == 303
                tokens.append(client.cookies[COOKIE])
                client.cookies.clear()
        assert context.access.sessions.get(ada.cookies[COOKIE])
        lasting = [token for token in tokens if context.access.sessions.get(token)]
        assert lasting == tokens[-MAX_SESSIONS_OF_ONE:]
        assert len(context.access.sessions._by_token) == MAX_SESSIONS_OF_ONE + 1


def _log_out(client: httpx.Client, _: Context) -> None:
    assert client.post("/logout").status_code == 303


def _log_in_again(client: httpx.Client, _: Context) -> None:
    assert log_in(client, "ada", ADA).status_code == 303


def _log_in_too_often(_: httpx.Client, context: Context) -> None:
    session = next(iter(context.access.sessions._by_token.values()))
    for _number in range(MAX_SESSIONS_OF_ONE):
        context.access.sessions.begin(session.user)


@pytest.mark.parametrize("ends", [_log_out, _log_in_again, _log_in_too_often])
@pytest.mark.parametrize("route", ["exchange", "repeat"])
def test_what_runs_for_a_session_ends_with_it(
    threaded_upstream: ThreadedUpstream, route: str, ends: Callable[[httpx.Client, Context], None]
) -> None:
    """The upstream sees the disconnect at once; the visitor's own connection is closed."""
    context = context_of(therouter_base_url=threaded_upstream.base_url, **LOGIN)
    api = create_api(context)
    api.include_router(run_routes(context, draw_runs))
    threaded_upstream.default(scripts.stall_between())
    more = {"count": 2} if route == "repeat" else {}
    with served(api) as address, browser(address, context, "ada") as client:
        typed_key(client)
        body = form(threaded_upstream) | more | {"stream": True}
        with (
            httpx.Client(base_url=address, cookies=dict(client.cookies), timeout=30) as page,
            page.stream("POST", f"/gradio_api/{route}", json=body) as answer,
        ):
            assert answer.status_code == 200
            threaded_upstream.wait_for_requests(1)
            ends(client, context)
            threaded_upstream.wait_for_disconnect(1, timeout_s=5)  # the stall would go on for longer
            list(answer.iter_raw())  # it ends


def test_what_runs_for_a_session_ends_when_its_time_is_over(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(therouter_base_url=threaded_upstream.base_url, **LOGIN)
    context.access.sessions.session_s = 1.0
    threaded_upstream.default(scripts.stall_between())
    with served(create_api(context)) as address, browser(address, context, "ada") as client:
        typed_key(client)
        with client.stream("POST", EXCHANGE, json=form(threaded_upstream, stream=True)) as answer:
            threaded_upstream.wait_for_disconnect(1, timeout_s=5)
            list(answer.iter_raw())
        assert client.post(EXCHANGE, json=form(threaded_upstream)).status_code == 401
    assert not context.visitors._keys  # they ended with it


# How much is kept


def fill(conversations: Conversations, owner: str, name: str, size: int = 1) -> None:
    conversations.claim(name.rjust(16, "x"), owner).preface = [{"role": "user", "content": "x" * size}]


def test_what_is_added_later_counts() -> None:
    conversations = Conversations(Bounds(bytes_of_one=100_000))
    names = [letter * 16 for letter in "abc"]
    under_way = [conversations.claim(name, "ada") for name in names]
    for conversation, name in zip(under_way, names, strict=True):
        conversation.preface = [{"role": "user", "content": "x" * 40_000}]
        conversations.note(conversation, name, "ada")
    assert [name for _, name in conversations._kept] == names[1:]


def held(conversations: Conversations) -> list[tuple[str, str]]:
    return [(owner, name.lstrip("x")) for owner, name in conversations._kept]


def test_what_one_owner_has_too_much_is_that_owners_own() -> None:
    conversations = Conversations(Bounds(of_one=10, bytes_of_one=100_000, of_all=100, bytes_of_all=10**7))
    fill(conversations, "ada", "a")
    for number in range(5):
        fill(conversations, "ben", f"b{number}", 40_000)
    conversations.get("y" * 16, "ben")
    assert held(conversations) == [("ada", "a"), ("ben", "b3"), ("ben", "b4"), ("ben", "y" * 16)]


def test_one_conversation_that_is_too_much_is_refused_in_words() -> None:
    conversations = Conversations(Bounds(bytes_of_one=100_000))
    fill(conversations, "ada", "a", 200_000)
    with pytest.raises(NoRoom) as caught:
        fill(conversations, "ada", "a")
    assert "Clear it" in caught.value.advice
    conversations.get("a".rjust(16, "x"), "ada").clear()
    fill(conversations, "ada", "a")  # what was cleared can no longer be brought back, but there is room


def test_empty_and_idle_ones_go_first_and_none_that_is_used() -> None:
    clock = Clock()
    conversations = Conversations(Bounds(of_all=4), clock)
    fill(conversations, "ada", "idle")
    clock.now += conversation_store.IDLE_S
    fill(conversations, "ada", "used")
    conversations.get("e" * 16, "eve")  # empty
    fill(conversations, "ben", "b1")
    fill(conversations, "ben", "b2")
    assert held(conversations) == [("ada", "idle"), ("ada", "used"), ("ben", "b1"), ("ben", "b2")]
    fill(conversations, "ben", "b3")
    assert held(conversations) == [("ada", "used"), ("ben", "b1"), ("ben", "b2"), ("ben", "b3")]
    with pytest.raises(NoRoom, match="in use"):
        fill(conversations, "eve", "new")
    fill(conversations, "ada", "used")  # who is there can go on


def test_one_that_someone_works_on_is_found_again() -> None:
    conversations = Conversations(Bounds(of_one=1))
    under_way = conversations.claim("a" * 16, "ada")
    conversations.claim("b" * 16, "ada")
    under_way.aside = "an answer has come"
    assert conversations.get("a" * 16, "ada") is under_way


def test_what_a_conversation_holds_is_counted(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(therouter_base_url=threaded_upstream.base_url)
    threaded_upstream.default(scripts.stream(["x" * 10_000] * 30))
    with served(create_api(context)) as address, browser(address, context) as client:
        typed_key(client)
        client.post(EXCHANGE, json=form(threaded_upstream, message="y" * 50_000, stream=True))
        context.conversation(ID, client.cookies[COOKIE])
    # the message, the bytes sent, the answer, its chunks, its pieces
    assert 2 * 50_000 + 3 * 300_000 < context.conversations._bytes < 3_000_000
