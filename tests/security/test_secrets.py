"""A backend that says the key again gets it neither onto the page nor into the log, in whatever way it says it."""

import base64
import html
import json
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from pydantic import SecretStr

from playground.auth.visitors import COOKIE
from playground.backends import BackendState, list_backends, probe
from playground.backends.attach import recognise
from playground.backends.upstream_check import check_upstream
from playground.client import Client
from playground.errors import PlaygroundError
from playground.logs import HIDDEN, masked_logs
from playground.settings import Settings
from playground.web.app import create_api
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.upstream import Cut, Raw, Recorded, Script, Status, ThreadedUpstream, Upstream, Write, scripts
from tests.web.opened import app_process, context_of, served

KEY = "sk-9f2Kq7/Zx_w4Lm+Tr8Bv"
NAME = "$THEROUTER_API_KEY"
REQUEST = ChatRequest.parse({"model": "m", "messages": [{"role": "user", "content": "hello"}], "stream": True})


def escaped(key: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in key)


def percent(key: str) -> str:
    return "".join(f"%{ord(char):02x}" for char in key)


def basic(key: str) -> str:
    return base64.b64encode(f"user:{key}".encode()).decode()


def calls(*pieces: str, name: str = "f", call_id: str = "call_1") -> Script:
    return scripts.stream((), tool_calls=scripts.tool_call_fragments(name, *pieces, call_id=call_id))


def chunks(*values: Mapping[str, Any]) -> Script:
    end = scripts.chunk({}, finish_reason="stop")
    return scripts.events([scripts.sse(value) for value in (*values, end, scripts.DONE)])


def error_body(text: str, code: int = 401, content_type: str = "application/json") -> Script:
    return scripts.body(text.encode(), code=code, content_type=content_type)


def logprobs(key: str) -> Script:
    tokens = [{"token": part, "logprob": -1.0, "bytes": list(part.encode())} for part in (key[:5], key[5:11], key[11:])]
    value = scripts.chunk({"content": "x"})
    value["choices"][0]["logprobs"] = {"content": tokens}
    return chunks(value)


def redirect(key: str) -> Script:
    location = f"https://elsewhere.example/v1?key={quote(key, safe='')}"
    return Script((Status(307, (("location", location), ("content-length", "0")), "Temporary Redirect"),))


def with_head(key: str, *, reason: str = "OK", headers: tuple[tuple[str, str], ...] = ()) -> Script:
    told = (("content-type", "application/json"), ("connection", "close"), *headers)
    body = scripts.dump(scripts.completion({"role": "assistant", "content": "Hi"}))
    assert key in reason + str(headers)
    return Script((Status(200, told, reason), Write(body)))


WAYS: Mapping[str, Callable[[str], Script]] = {
    "content": lambda key: scripts.stream([f"Your key is {key}."]),
    "content, whole answer": lambda key: scripts.answer(f"Your key is {key}."),
    "content in parts": lambda key: scripts.answer(text=[{"type": "text", "text": t} for t in (key[:8], key[8:])]),  # type: ignore[arg-type]
    "content, split in two": lambda key: scripts.stream(["It is ", key[:3], key[3:], "."]),
    "content, split in the middle": lambda key: scripts.stream(["It is ", key[:12], key[12:], "."]),
    "content, letter by letter": lambda key: scripts.stream(list(f"It is {key}.")),
    "content, split and escaped": lambda key: scripts.stream(
        [percent(key)[:20], percent(key)[20:35], percent(key)[35:]]
    ),
    "content, in base64": lambda key: scripts.stream([f"Basic {basic(key)}"]),
    "content, base64 split": lambda key: scripts.stream([basic(key)[:15], basic(key)[15:]]),
    "content, never ended": lambda key: scripts.cut_stream(["It is ", key[:10], key[10:-1]]),
    "reasoning": lambda key: scripts.stream(["Hi"], reasoning=[f"The key is {key}."]),
    "reasoning, split": lambda key: scripts.stream(["Hi"], reasoning=[key[:10], key[10:]], reasoning_name="reasoning"),
    "refusal": lambda key: chunks(scripts.chunk({"refusal": f"Not with {key}"})),
    "tool arguments": lambda key: calls(json.dumps({"key": key})),
    "tool arguments, split": lambda key: calls('{"key": "', key[:9], key[9:], '"}'),
    "tool arguments, an object": lambda key: chunks(
        scripts.chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": {"k": key}}}]})
    ),
    "tool arguments, escaped in them": lambda key: calls('{"key": "' + escaped(key) + '"}'),
    "tool name": lambda key: calls("{}", name=key),
    "tool call id": lambda key: calls("{}", call_id=key),
    "logprobs": logprobs,
    "usage": lambda key: scripts.stream(["Hi"], usage={"prompt_tokens": 1, "key": key, key: 1}),
    "model": lambda key: scripts.stream(["Hi"], model=key),
    "id": lambda key: chunks({**scripts.chunk({"content": "Hi"}), "id": key}),
    "finish reason": lambda key: scripts.stream(["Hi"], finish_reason=key),
    "a field that is not known": lambda key: chunks({**scripts.chunk({"content": "Hi"}), "x_debug": {"auth": [key]}}),
    "raw event, escaped": lambda key: scripts.events(
        [scripts.sse('{"choices":[{"index":0,"delta":{"content":"' + escaped(key) + '"}}]}'), scripts.sse(scripts.DONE)]
    ),
    "header": lambda key: with_head(key, headers=(("x-debug", f"Bearer {key}"),)),
    "header, percent-encoded": lambda key: with_head(percent(key), headers=(("x-debug", percent(key)),)),
    "header, base64": lambda key: with_head(basic(key), headers=(("x-debug", f"Basic {basic(key)}"),)),
    "reason": lambda key: with_head(key, reason=f"OK {key}"),
    "reason of an error": lambda key: Script((Status(500, (("content-length", "0"),), f"Bad {key}"),)),
    "comment": lambda key: scripts.stream(["Hi"], comment=f"key {key}"),
    "comment in an event that is none": lambda key: scripts.events([b"data: {\n: " + key.encode() + b"\n\n"]),
    "error in the stream": lambda key: scripts.error_in_stream(error={"message": f"{key} is spent", "code": key}),
    "error in the stream, a text": lambda key: scripts.error_in_stream(error=f"{key} is spent"),
    "error in the stream, its metadata": lambda key: scripts.error_in_stream(
        error={"message": "no", "type": key, "metadata": {"request_id": key, "headers": {"authorization": [key]}}}
    ),
    "error, plain": lambda key: scripts.router_error(
        401, f"{key} is wrong", param=key, error_code=key, metadata={"k": key}
    ),
    "error, escaped": lambda key: error_body('{"error":{"message":"' + escaped(key) + ' is wrong"}}'),
    "error, a slash escaped": lambda key: error_body('{"error":{"message":"' + key.replace("/", "\\/") + '"}}'),
    "error, percent-encoded": lambda key: error_body('{"error":{"message":"' + percent(key) + ' is wrong"}}'),
    "error, percent-encoded in part": lambda key: error_body('{"detail":"' + quote(key, safe="") + ' is wrong"}'),
    "error, HTML": lambda key: error_body(f"<h1>{html.escape(key)}</h1><p>{key}</p>", 502, "text/html"),
    "error, HTML references": lambda key: error_body("".join(f"&#{ord(c)};" for c in key), 502, "text/html"),
    "error, base64": lambda key: error_body('{"error":{"message":"Basic ' + basic(key) + '"}}'),
    "error, cut at 300 characters": lambda key: error_body("x" * 285 + " " + key, 502, "text/plain"),
    "error, cut at its limit": lambda key: error_body(" " * (2**20 - 12) + key, 502, "text/plain"),
    "error, an id": lambda key: scripts.router_error(500, "no", headers=(("x-request-id", key),)),
    "redirect": redirect,
    "no completion": lambda key: scripts.body(f"<p>{key}</p>".encode(), content_type="text/html"),
    "no completion, cut": lambda key: scripts.body(b"x" * 385 + key.encode(), content_type="text/html"),
    "broken event": lambda key: scripts.events([b"data: {" + key.encode() + b"\n\n"]),
    "broken event, cut": lambda key: scripts.events([b"data: {" + b"x" * 385 + key.encode() + b"\n\n"]),
    "no UTF-8": lambda key: scripts.events([b"data: " + key.encode() + b"\xff" + key.encode() + b"\n\n"]),
    "broken response": lambda key: Script((Raw(b"HTTP/1.1 2x0 " + key.encode() + b"\r\n\r\n"), Cut())),
    "broken header": lambda key: Script((Raw(b"HTTP/1.1 200 OK\r\nbad header " + key.encode() + b"\r\n\r\n"), Cut())),
}


def says(text: str, key: str = KEY) -> str:
    """How a text says the key, or five characters in a row of it; "" if it does not."""
    forms = {"plain": text}
    for _ in range(3):
        last = [*forms.values()][-1]
        last = re.sub(r"\\+u00([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), last)
        forms[f"decoded {len(forms)}"] = html.unescape(unquote(re.sub(r"\\+(?=/)", "", last)))
    for how, form in forms.items():
        if key.lower() in form.lower():
            return how
        if any(key[at : at + 5] in form for at in range(3, len(key) - 4)):
            return f"a part, {how}"
        for word in re.findall(r"[A-Za-z0-9+/_-]{12,}", form):
            for at in range(4):
                group = word[at : at + (len(word) - at) // 4 * 4].replace("-", "+").replace("_", "/")
                if key[3:9].encode() in base64.b64decode(group):
                    return f"base64, {how}"
    return ""


async def exchange_with(upstream: Upstream, key: str = KEY) -> tuple[Exchange, str]:
    """The exchange, and all that can be seen of it on the way: events, snapshots, the error."""
    client = Client()
    request = prepare(REQUEST, Target(upstream.base_url, NAME[1:]))
    builder, seen = ExchangeBuilder(request), []
    async for event in client.events(request, key):
        builder.apply(event)
        seen.append(f"{event!r} {builder.snapshot()!r}")
    await client.aclose()
    shot = builder.snapshot()
    parts = [shot.answer.content, shot.answer.reasoning, *(call.arguments for call in shot.answer.tool_calls)]
    seen += [*parts, "".join(chunk.data for chunk in shot.chunks), json.dumps(shot.answer.to_wire())]
    if shot.error is not None:
        seen += [json.dumps(shot.error.to_dict()), str(shot.error), repr(shot.error)]
    return shot, "\n".join(seen)


@pytest.mark.parametrize("way", WAYS)
async def test_the_key_is_nowhere_in_the_exchange(upstream: Upstream, way: str) -> None:
    script = WAYS[way](KEY)
    upstream.enqueue(lambda _: script)
    _, seen = await exchange_with(upstream)
    assert upstream.requests[-1].header("authorization") == f"Bearer {KEY}"  # it has the key
    assert says(seen) == ""


@pytest.mark.parametrize("way", ["content", "content, letter by letter", "error, plain", "tool arguments, split"])
async def test_in_its_place_stands_its_name(upstream: Upstream, way: str) -> None:
    script = WAYS[way](KEY)
    upstream.enqueue(lambda _: script)
    _, seen = await exchange_with(upstream)
    assert NAME in seen


@pytest.mark.parametrize("way", WAYS)
async def test_without_a_key_to_hide_all_is_as_it_came(upstream: Upstream, way: str) -> None:
    script = WAYS[way]("an-ordinary/word")
    for _ in range(2):
        upstream.enqueue(lambda _: script)
    with_key, _ = await exchange_with(upstream)
    without, _ = await exchange_with(upstream, key="")
    assert [chunk.data for chunk in with_key.chunks] == [chunk.data for chunk in without.chunks]
    assert with_key.answers == without.answers
    assert repr(with_key.error) == repr(without.error)
    assert (with_key.reason, with_key.usage, with_key.model) == (without.reason, without.usage, without.model)


async def test_a_key_in_the_url_is_masked_as_well(upstream: Upstream) -> None:
    upstream.on("/v1/models", lambda request: scripts.router_error(400, f"{request.target} is unknown"))
    client = Client()
    with pytest.raises(PlaygroundError) as caught:
        await client.get_json(f"{upstream.base_url}/models?api-key={KEY.replace('+', '%2B')}")
    await client.aclose()
    assert says(json.dumps(caught.value.to_dict())) == ""


# What is asked beside the exchange: models, metrics, what a server is


MODELS_WAYS: Mapping[str, Callable[[str], Script]] = {
    "a name": lambda key: scripts.json_body({"data": [{"id": key, "name": f"My {key}", "owned_by": key}]}),
    "escaped": lambda key: error_body('{"data":[{"id":"' + escaped(key) + '"}]}', 200),
    "an error": lambda key: scripts.router_error(500, f"{key} is wrong"),
    "an error, escaped": lambda key: error_body('{"error":{"message":"' + escaped(key) + '"}}', 500),
    "no JSON": lambda key: scripts.body(key.encode()),
    "no list": lambda key: scripts.json_body({"key": key}),
    "a reason": lambda key: Script((Status(500, (("content-length", "0"),), f"Bad {key}"),)),
    "a redirect": redirect,
}


@pytest.mark.parametrize("way", MODELS_WAYS)
async def test_no_state_says_it(upstream: Upstream, way: str) -> None:
    script = MODELS_WAYS[way](KEY)
    upstream.on("/v1/models", lambda _: script)
    settings = Settings(therouter_base_url=upstream.base_url, THEROUTER_API_KEY=SecretStr(KEY))
    backend = list_backends(settings)[0]
    client = Client()
    state: BackendState = await probe(backend, client)
    found = await recognise(upstream.base_url, client, KEY)
    looks = [finding async for finding in check_upstream(upstream.base_url, client, KEY, is_public=lambda _: True)]
    await client.aclose()
    assert upstream.requests[0].header("authorization") == f"Bearer {KEY}"
    assert says(f"{state!r} {found!r} {looks!r}") == ""


async def test_metrics_and_what_a_server_tells_of_itself_say_it_neither(upstream: Upstream) -> None:
    told = {"tp_size": 1, "mem_fraction_static": 0.8, "model_path": KEY, "version": KEY, "dtype": percent(KEY)}
    upstream.on("/server_info", scripts.json_body(told))
    upstream.on(
        "/metrics", scripts.body(f'sglang:num_running_reqs{{key="{KEY}"}} 1\n'.encode(), content_type="text/plain")
    )
    client = Client()
    found = await recognise(upstream.base_url, client, KEY)
    metrics = await client.get_text(f"{upstream.origin}/metrics", key=KEY)
    await client.aclose()
    assert found.engine == "sglang"
    assert says(f"{found!r} {metrics}") == ""


# The app as a whole


def send(client: httpx.Client, **fields: Any) -> str:
    form = {"conversation": secrets.token_hex(16), "backend": "therouter", "model": "m", "message": "hello", **fields}
    answer = client.post("/gradio_api/exchange", json=form)
    assert answer.status_code == 200
    return answer.text


def test_what_the_page_is_sent_and_what_is_kept_hold_no_key(threaded_upstream: ThreadedUpstream) -> None:
    context = context_of(therouter_base_url=threaded_upstream.base_url, therouter_api_key=SecretStr(KEY))
    with served(create_api(context)) as address, httpx.Client(base_url=address, timeout=30) as client:
        visitor = context.access.ids.issue()
        client.cookies.set(COOKIE, visitor)
        owner = context.access.owner(visitor)
        for way, make in WAYS.items():
            script = make(KEY)
            threaded_upstream.enqueue(partial(_always, script))
            conversation = secrets.token_hex(16)
            frames = send(client, conversation=conversation, stream=True)
            assert says(frames) == "", way
            turns = context.conversations.get(conversation, owner).turns
            assert turns, way
            assert says("\n".join(map(repr, turns))) == "", way
            assert says(json.dumps(context.conversations.get(conversation, owner).messages())) == "", way


def _always(script: Script, _: Recorded) -> Script:
    return script


def echo(request: Recorded) -> Script:
    """All of a request again, in the header, the body and the reason."""
    key = (request.header("authorization") or "").removeprefix("Bearer ")
    told = {"headers": repr(request.headers), "target": request.target}
    return scripts.router_error(400, f"{key} {escaped(key)}", headers=(("x-auth", key),), metadata=told)


def test_the_log_holds_no_key_however_talkative_it_is(
    tmp_path: Any, threaded_upstream: ThreadedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    threaded_upstream.default(echo)
    threaded_upstream.on("/v1/models", echo)
    typed, password = "typed/9f2Kq7Zx+w4Lm", "the+password/of9ada"
    variables = {
        "THEROUTER_API_KEY": KEY,
        "PLAYGROUND_THEROUTER_BASE_URL": threaded_upstream.base_url,
        "PLAYGROUND_LOG_LEVEL": "debug",
        "PYTHONASYNCIODEBUG": "1",
    }
    with app_process(tmp_path / "log", **variables) as app, httpx.Client(base_url=app.url, timeout=60) as client:
        client.get("/")
        send(client)
        client.post("/gradio_api/key", json={"backend": "therouter", "key": typed})
        send(client)
        client.get(f"/gradio_api/info?api_key={quote(typed, safe='')}&token={quote(password, safe='')}")
        send(client, backend="custom", custom_url=f"http://me:{password}@127.0.0.1:1/v1?key={typed}")
        log = app.log.read_text()
    assert "DEBUG" in log
    assert "GET /gradio_api/info?api_key=" in log  # the line is there
    assert [threaded_upstream.requests[n].header("authorization") for n in (0, -1)] == [
        f"Bearer {KEY}",
        f"Bearer {typed}",
    ]
    for secret in (KEY, typed, password):
        assert says(log, secret) == ""


def record(message: str, *given: Any, error: BaseException | None = None) -> str:
    """What a handler prints of a record."""
    made = logging.getLogger("httpcore").makeRecord("httpcore", logging.DEBUG, "f", 1, message, given, error and (  # type: ignore[arg-type] # None, or three
        type(error), error, error.__traceback__
    ))  # fmt: skip
    return logging.Formatter("%(message)s").format(made)


@pytest.mark.parametrize(
    ("message", "given"),
    [
        ("request %s", (f"https://host/v1?key={KEY}",)),
        ("request %s %r", ("GET", httpx.URL("https://host/v1?access_token=other-9f2Kq7Zx"))),
        ("connect to http://me:other-9f2Kq7Zx@host:%d/", (80,)),
        (f"headers {KEY}", ()),
        ("headers %r", ([(b"x-auth", b"Bearer other-9f2Kq7Zx")],)),
        ("headers %r", ([(b"x-auth", KEY.encode())],)),
        ("%(key)s", ({"key": KEY},)),
        ("escaped %s", (escaped(KEY),)),
    ],
)
def test_no_record_says_a_key(message: str, given: tuple[Any, ...]) -> None:
    with masked_logs(lambda: [KEY]):
        said = record(message, *given)
    assert HIDDEN in said
    assert says(said) == says(said, "other-9f2Kq7Zx") == ""


def test_no_trace_says_a_key_and_other_records_stay() -> None:
    with masked_logs(lambda: [KEY]):
        said = record("failed", error=ValueError(f"bad {KEY}"))
        assert "ValueError: bad ***" in said
        assert record("%s took %.2f s of %d", "it", 1.5, 2) == "it took 1.50 s of 2"
        access = logging.getLogger("uvicorn.access")
        args = ("127.0.0.1:5", "GET", f"/x?token={KEY}", "1.1", 200)
        made = access.makeRecord("uvicorn.access", 20, "f", 1, '%s - "%s %s HTTP/%s" %d', args, None)
    assert made.args == ("127.0.0.1:5", "GET", "/x?token=***", "1.1", 200)  # uvicorn's formatter takes five
    assert logging.getLogRecordFactory() is logging.LogRecord


def test_all_secrets_of_the_app_are_known_to_the_log() -> None:
    context = context_of(
        users=SecretStr("ada:password-of-ada, ben:password-of-ben"),
        therouter_api_key=SecretStr("the-router"),
        custom_api_key=SecretStr("the-custom"),
        server_api_key=SecretStr("the-server"),
    )
    context.visitors.set_key("visitor", "custom", "the-visitors")
    known = {"password-of-ada", "password-of-ben", "the-router", "the-custom", "the-server", "the-visitors"}
    assert known <= set(context.secrets())
