"""Which backend, which key, which state: for one form and one visitor."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import pytest

from playground.app.context import Context
from playground.app.form.form import Form
from playground.backends import BackendState, Phase
from playground.errors import InvalidRequest, InvalidUrl, MissingKey, UnknownBackend
from playground.web.routes.exchange import Sent
from playground.wire.exchange import Exchange
from tests.upstream import Upstream, scripts
from tests.web.running import KEY, VISITOR, context_for
from tests.wire.values import REQUEST


@dataclass
class Engine:
    """An engine in a state that is given."""

    state: BackendState
    base_url: str | None = None

    async def start(self) -> None:
        raise AssertionError

    async def stop(self) -> None:
        raise AssertionError

    def backend_state(self) -> BackendState:
        return self.state


LOADING = BackendState(Phase.LOADING, "loading 40 %")


def test_the_switchers_list(context: Context) -> None:
    names = [backend.name for backend in context.backends(Form())]
    assert names == ["therouter", "embedded", "custom"]
    with pytest.raises(UnknownBackend, match="nowhere"):
        context.backend(Form(backend="nowhere"))
    with pytest.raises(UnknownBackend) as caught:
        context.backend(Form(backend="http://ada:s3cret@h/v1"))
    assert "s3cret" not in str(caught.value.to_dict())


@pytest.mark.parametrize("typed", ["http://h:1/v1/", "  http://h:1/v1  ", "h:1/v1", "h:1/v1/chat/completions"])
def test_the_custom_url_is_the_typed_one(context: Context, typed: str) -> None:
    assert context.backend(Form(backend="custom", custom_url=typed)).target.base_url == "http://h:1/v1"


async def test_a_url_that_cannot_be_used_is_told(context: Context) -> None:
    form = Form(backend="custom", custom_url="http://ada:s3cret@h/v1#x", message="Hi")
    for ask in (context.build, context.source, partial(context.key, visitor=VISITOR)):
        with pytest.raises(InvalidUrl, match="fragment") as caught:
            ask(form)
        assert "s3cret" not in str(caught.value.to_dict())
    state = await context.state(form, VISITOR)
    assert state.phase is Phase.UNREACHABLE
    assert "fragment" in state.words
    assert [backend.name for backend in context.backends(form)] == ["therouter", "embedded", "custom"]


def test_a_login_in_a_url_is_named(context: Context) -> None:
    form = Form(backend="custom", custom_url="ada:s3cret@h:1/v1", message="Hi")
    context.visitors.set_key(VISITOR, "custom", "sk-typed")
    prepared = context.prepare(form, VISITOR)
    assert prepared.url == "http://h:1/v1/chat/completions"
    assert prepared.shown_headers()[0] == ("Authorization", "Basic $CUSTOM_API_LOGIN")
    assert context.key(form, VISITOR) == "ada:s3cret"
    assert "s3cret" not in repr(prepared)


async def test_own_servers_are_asked_without_a_proxy(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    engine = Engine(BackendState(Phase.READY, "ready"), upstream.base_url)
    context = replace(context_for(upstream.base_url), embedded=engine)
    assert (await context.state(Form(backend="embedded"))).phase is Phase.READY
    custom = await context.state(Form(backend="custom", custom_url="http://127.0.0.1:9/v1"))
    assert "SOCKS" in custom.words
    await context.client.aclose()


@pytest.mark.parametrize("typed", ["", "   "])
def test_or_else_the_settings(context: Context, upstream: Upstream, typed: str) -> None:
    assert context.backend(Form(backend="custom", custom_url=typed)).target.base_url == upstream.base_url


def test_a_key_is_named_where_there_is_one(context: Context) -> None:
    form = Form(backend="custom", message="Hi")
    assert context.prepare(form, VISITOR).key_name is None
    context.visitors.set_key(VISITOR, "custom", "sk-typed")
    assert context.prepare(form, VISITOR).key_name == "CUSTOM_API_KEY"
    assert context.prepare(form, "another").key_name is None
    assert context.prepare(Form(backend="therouter", message="Hi")).key_name == "THEROUTER_API_KEY"


def test_the_key_to_send(context: Context) -> None:
    form = Form(backend="therouter")
    assert context.key(form, None) == context.key(form, VISITOR) == KEY
    context.visitors.set_key(VISITOR, "therouter", "sk-typed")
    assert (context.key(form, VISITOR), context.key(form, "another")) == ("sk-typed", KEY)
    assert context.key(Form(backend="custom"), VISITOR) is None


def test_a_missing_key_says_where_it_goes(upstream: Upstream) -> None:
    context = context_for(upstream.base_url, therouter_api_key=None)
    with pytest.raises(MissingKey, match="TheRouter") as caught:
        context.key(Form(backend="therouter"), VISITOR)
    assert "THEROUTER_API_KEY" in caught.value.advice


def test_the_embedded_model_before_it_answers(context: Context) -> None:
    form = Form(backend="embedded")
    with pytest.raises(InvalidRequest, match="PLAYGROUND_EMBEDDED is false"):
        context.key(form, None)
    context.embedded = Engine(LOADING)
    with pytest.raises(InvalidRequest, match="loading 40 %"):
        context.key(form, None)
    context.embedded = Engine(LOADING, "http://127.0.0.1:9/v1")
    assert context.key(form, None) is None


async def test_the_state_of_the_embedded_model(context: Context, upstream: Upstream) -> None:
    form = Form(backend="embedded")
    assert (await context.state(form)).words == "off: PLAYGROUND_EMBEDDED is false"
    engine = Engine(LOADING)
    context.embedded = engine
    assert await context.state(form) == LOADING
    engine.state, engine.base_url = replace(LOADING, phase=Phase.READY), upstream.base_url
    state = await context.state(form)
    assert (state.phase, [model.id for model in state.models]) == (Phase.READY, list(scripts.MODEL_IDS))
    await context.client.aclose()


async def test_the_state_is_asked_with_the_visitors_key(context: Context, upstream: Upstream) -> None:
    context.visitors.set_key(VISITOR, "therouter", "sk-typed")
    for visitor in (VISITOR, None):
        assert (await context.state(Form(backend="therouter"), visitor)).phase is Phase.READY
    keys = [request.header("authorization") for request in upstream.requests]
    assert keys == ["Bearer sk-typed", f"Bearer {KEY}"]
    await context.client.aclose()


def test_what_is_prepared_is_the_conversations(context: Context) -> None:
    form = Form(conversation="a-tab-of-the-tests-0001", backend="custom", model="m", message="Hi")
    context.conversation(form.conversation, VISITOR).preface = [{"role": "system", "content": "S"}]
    context.conversation(form.conversation, VISITOR).images = ["data:,a"]
    body = context.prepare(form, VISITOR).body.decode()
    assert body.index('"S"') < body.index('"Hi"') < body.index("data:,a")


def test_what_is_shown_is_what_is_sent_until_something_changes(context: Context) -> None:
    form = Form(conversation="a-tab-of-the-tests-0002", backend="custom", model="m", message="Hi")
    conversation = context.conversation(form.conversation, VISITOR)
    built = context.build(form, VISITOR)
    assert context.build(Sent.model_validate(form.model_dump()), VISITOR) is built
    assert context.prepare(form, VISITOR) is built.prepared

    def body_after(change: Callable[[], object], form: Form = form) -> str:
        before = context.build(form, VISITOR)
        change()
        after = context.build(form, VISITOR)
        assert after is not before
        return after.prepared.body.decode()

    assert "data:,b" in body_after(lambda: conversation.images.append("data:,b"))
    assert '"S"' in body_after(lambda: conversation.preface.append({"role": "system", "content": "S"}))
    assert '"T"' in body_after(lambda: conversation.edit(0, "preface", "T"))
    assert '"T"' not in body_after(conversation.clear)
    assert context.build(form.model_copy(update={"params": {"seed": "7"}}), VISITOR).request.seed == 7
    context.visitors.set_key(VISITOR, "custom", "sk-typed")
    assert context.build(form, VISITOR).prepared.key_name == "CUSTOM_API_KEY"


async def test_what_an_exchange_cost(context: Context, upstream: Upstream) -> None:
    form = Form(backend="therouter", model="test/echo")
    exchange = Exchange(REQUEST, usage=scripts.usage(1000, 500))
    assert context.cost(form, exchange) is None  # the list was never asked for
    await context.state(form)
    assert context.cost(form, exchange) == Decimal("0.222")
    assert context.cost(form.model_copy(update={"model": "other"}), exchange) is None
    assert context.cost(form.model_copy(update={"model": ""}), replace(exchange, model="test/echo")) is not None
    fallback = replace(exchange, model=scripts.MODEL_IDS[0])
    upstream.on(
        "/v1/models",
        scripts.models(
            [
                scripts.model_entry("test/echo"),
                scripts.model_entry(scripts.MODEL_IDS[0], pricing={"prompt": "1", "completion": "0"}),
            ]
        ),
    )
    await context.state(form)
    assert context.cost(form, fallback) == 1000  # the model that answered, not the one that was asked
    for usage in (None, {}, {"prompt_tokens": 1}, {"prompt_tokens": "1", "completion_tokens": 1}):
        assert context.cost(form, replace(exchange, usage=usage)) is None
    upstream.on("/v1/models", scripts.engine_models("test/echo"))
    await context.state(form)
    assert context.cost(form, exchange) is None
    await context.client.aclose()
