"""Secrets that are known are looked for wherever the app says something: none may be there."""

import json
import logging
import re
import secrets
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from playground.auth.visitors import COOKIE
from playground.backends import list_backends
from playground.client import Client
from playground.errors import PlaygroundError
from playground.wire.events import Failed
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.cli.running import KEY, playground
from tests.upstream import Recorded, Script, ThreadedUpstream, Upstream, scripts
from tests.web.opened import App, app_process, context_of, log_in

ROUTER, CUSTOM, TYPED = "sk-router-7f3a91c2", "sk-custom-4be8d027", "sk-typed-91d6e5aa"
PASSWORD = "correct-horse-battery"
SECRETS = (ROUTER, CUSTOM, TYPED, PASSWORD)


def echo(request: Recorded) -> Script:
    """A server that repeats the key it refuses."""
    return scripts.bad_request(f"the key {request.header('authorization')} is wrong")


@dataclass
class Heard:
    """The app, and all it has answered."""

    app: App
    client: httpx.Client
    texts: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        answer = self.client.request(method, path, **content)
        self.texts.append(f"{method} {path} {answer.status_code}\n{answer.headers}\n{answer.text}")
        return answer

    def found(self) -> list[str]:
        """Where a secret stands, in answers and in the log."""
        places = [*self.texts, f"LOG\n{self.app.log.read_text()}"]
        return [text[:300] for text in places if any(secret in text for secret in SECRETS)]


@pytest.fixture(scope="module")
def router() -> Iterator[ThreadedUpstream]:
    with ThreadedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, router: ThreadedUpstream) -> Iterator[Heard]:
    variables = {
        "THEROUTER_API_KEY": ROUTER,
        "CUSTOM_API_KEY": CUSTOM,
        "PLAYGROUND_THEROUTER_BASE_URL": router.base_url,
        "PLAYGROUND_CUSTOM_BASE_URL": router.base_url,
        "PLAYGROUND_USERS": f"ada:{PASSWORD}",
        "PLAYGROUND_LOG_LEVEL": "debug",
        "PYTHONASYNCIODEBUG": "1",
    }
    with (
        app_process(tmp_path_factory.mktemp("app") / "log", **variables) as app,
        httpx.Client(base_url=app.url, timeout=60) as client,
    ):
        heard = Heard(app, client)
        heard.texts.append(log_in(client, "ada", PASSWORD).text)
        yield heard


def exchange(heard: Heard, backend: str, **fields: Any) -> str:
    """Send; the conversation's id."""
    conversation = secrets.token_hex(16)
    form = {"conversation": conversation, "backend": backend, "model": "m", "message": "hello", **fields}
    assert heard.ask("POST", "/gradio_api/exchange", json=form).status_code == 200
    return conversation


def test_the_keys_go_where_they_should_and_nowhere_else(heard: Heard, router: ThreadedUpstream) -> None:
    sent = []
    conversations = []
    for backend in ("therouter", "custom"):
        for typed in ("", TYPED):
            heard.ask("POST", "/gradio_api/key", json={"backend": backend, "key": typed})
            for answer in (scripts.stream(["Hello"]), echo, scripts.cut_stream()):
                router.enqueue(answer)
                conversations.append(exchange(heard, backend, stream=True))
                sent.append(router.requests[-1].header("authorization"))
    wanted = [f"Bearer {key}" for key in (ROUTER, TYPED, CUSTOM, TYPED) for _ in range(3)]
    assert sent == wanted  # the secrets are in use, so that looking for them means something
    conversations.append(exchange(heard, "custom", custom_url="http://127.0.0.1:1/v1"))
    _press_everything(heard, conversations[0])
    for conversation in conversations[1:]:
        _press_everything(heard, conversation, only_its_own=True)
    assert heard.found() == []


def _press_everything(heard: Heard, conversation: str, *, only_its_own: bool = False) -> None:
    """Every event of the page that asks the server, with the page's values and this conversation.

    `only_its_own`: those alone that are given a conversation: what the others answer was heard once.
    """
    page = heard.ask("GET", "/").text
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", page, re.DOTALL)
    assert found
    config = json.loads(found[1])
    values = {one["id"]: one["props"].get("value") for one in config["components"]}
    names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    answered = 0
    for event in config["dependencies"]:
        if not event["backend_fn"]:
            continue
        if only_its_own and not any(names[i] == "conversation" for i in event["inputs"]):
            continue
        data = [conversation if names[i] == "conversation" else values[i] for i in event["inputs"]]
        body = {"fn_index": event["id"], "data": data, "session_hash": "s" * 10, "event_data": None}
        answered += heard.ask("POST", "/gradio_api/run/predict", json=body).status_code == 200
    assert answered >= 8


@pytest.mark.parametrize(
    "body",
    [
        {"key": TYPED},
        {"backend": "x" * 100, "key": TYPED},
        {"backend": {"key": TYPED}, "key": TYPED},
        {"backend": "custom", "key": TYPED + "x" * 5000},
        {"backend": "custom", "key": [TYPED]},
        [TYPED],
        TYPED,
    ],
)
def test_a_key_in_a_request_that_cannot_be_read_is_not_repeated(heard: Heard, body: Any) -> None:
    assert heard.ask("POST", "/gradio_api/key", json=body).status_code == 422
    assert heard.ask("POST", "/gradio_api/exchange", json={"message": "x", "key": TYPED}).status_code == 422
    cut = json.dumps(body)[:-1].encode()
    assert heard.ask("POST", "/gradio_api/key", content=cut).status_code == 422
    assert heard.found() == []


def test_the_pages_and_gradios_own_documents_hold_none(heard: Heard) -> None:
    paths = ["/", "/gradio_api/app_id", "/theme.css", "/logout", "/login"]
    assert all(heard.ask("GET", path).status_code in {200, 303} for path in paths)
    shut = ["/config", "/gradio_api/info", "/gradio_api/startup-events"]
    assert all(heard.ask("GET", path).status_code == 404 for path in shut)
    heard.ask("POST", "/login", data={"name": "ada", "password": f"{PASSWORD}x"})
    heard.ask("POST", "/gradio_api/run/predict", json={"fn_index": 0, "data": [], "session_hash": "x"})
    heard.ask("POST", "/gradio_api/run/predict", content=b"{")
    heard.ask("GET", "/gradio_api/deep_link", params={"session_hash": "s" * 10})
    assert heard.found() == []


def test_the_log_is_as_talkative_as_it_gets(heard: Heard) -> None:
    log = heard.app.log.read_text()
    assert "GET /login" in log
    assert "DEBUG" in log


def test_no_repr_shows_a_secret() -> None:
    context = context_of(
        users=SecretStr(f"ada:{PASSWORD}"),
        therouter_api_key=SecretStr(ROUTER),
        custom_api_key=SecretStr(CUSTOM),
    )
    assert context.access.users
    ada = context.access.users.check("ada", PASSWORD)
    assert ada
    token = context.access.sessions.begin(ada)
    context.visitors.set_key(token, "custom", TYPED)
    said = [
        repr(one)
        for one in (
            context,
            context.settings,
            context.settings.model_dump(),
            context.settings.model_dump_json(),
            context.visitors,
            vars(context.visitors),
            context.access,
            context.access.users,
            vars(context.access.users),
            context.access.sessions.get(token),
            list_backends(context.settings),
            context.client,
        )
    ]
    shown = "\n".join([*said, str(vars(context.client))])
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("status", [401, 500])
async def test_an_error_that_repeats_the_key_names_it(
    upstream: Upstream, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    upstream.default(lambda request: scripts.router_error(status, f"{request.header('authorization')} is wrong"))
    upstream.on("/v1/models", lambda request: scripts.router_error(status, f"{request.header('authorization')}"))
    client = Client()
    request = ChatRequest.parse({"model": "m", "messages": [{"role": "user", "content": "hello"}]})
    prepared = prepare(request, Target(upstream.base_url, "CUSTOM_API_KEY"))
    events = [event async for event in client.events(prepared, CUSTOM)]
    with pytest.raises(PlaygroundError) as caught:
        await client.get_json(f"{upstream.base_url}/models", key=CUSTOM)
    await client.aclose()
    last = events[-1]
    assert isinstance(last, Failed)
    assert "Bearer $CUSTOM_API_KEY is wrong" in last.error.message
    trace = "".join(traceback.format_exception(caught.value)) + "".join(traceback.format_exception(last.error))
    assert upstream.requests[-1].header("authorization") == f"Bearer {CUSTOM}"
    assert CUSTOM not in f"{events} {last.error.to_dict()} {caught.value.to_dict()} {trace} {caplog.text}"


def test_no_command_shows_a_key(threaded_upstream: ThreadedUpstream) -> None:
    threaded_upstream.default(echo)
    base = threaded_upstream.base_url
    for words in (
        ("doctor",),
        ("doctor", "--json"),
        ("snippet", "chat-odd-sum"),
        ("send", "chat-odd-sum", "--json", "--backend", base),
        ("send", "chat-odd-sum", "--backend", "therouter"),
    ):
        # `playground` itself looks for the key in what the command prints
        playground(*words, PLAYGROUND_THEROUTER_BASE_URL=base, PLAYGROUND_LOG_LEVEL="debug")
    assert [request.header("authorization") for request in threaded_upstream.requests] == [f"Bearer {KEY}"] * 2


def test_a_visitors_token_is_in_no_answer_but_the_cookie(heard: Heard) -> None:
    token = next(cookie.value for cookie in heard.client.cookies.jar if cookie.name == COOKIE)
    assert token
    assert not [text[:200] for text in heard.texts if token in text]
    assert token not in heard.app.log.read_text()
