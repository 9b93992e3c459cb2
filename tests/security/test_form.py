"""What one visitor's form asks to be sent, drawn, saved or judged: the others never wait, and the sender is told.

The app runs in the test's loop: the longest time that it stood still is printed. Built there, these requests took from
1 s to 60 s.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from playground.app.building import KEPT_BYTES, MAX_VALUES, SMALL
from playground.app.context import Context
from playground.app.form.form import Form
from playground.app.form.parameters import PARAMETERS
from playground.app.runs import Run, run_many
from playground.auth.visitors import COOKIE
from playground.errors import InvalidRequest, TooMuchWork
from playground.snippets import BY_ID
from playground.ui.handlers import ConversationHandlers, PresetHandlers, WireHandlers
from playground.web.routes.snippet import Asked
from tests.security.pauses import BOUND_S, longest_pause
from tests.upstream import Upstream, scripts
from tests.web.running import KEY, TAB, VISITOR, Browser, context_for, serving

NAMES = (*(name for name in Form.model_fields if name != "params"), *(f"param.{one.name}" for one in PARAMETERS))
ASKER: Any = SimpleNamespace(cookies={COOKIE: VISITOR}, session_hash="session")


@pytest.fixture
async def context(upstream: Upstream) -> AsyncIterator[Context]:
    context = context_for(upstream.base_url)
    yield context
    context.workers.close()
    await context.client.aclose()
    await context.public_client.aclose()


@pytest.fixture
async def browser(context: Context) -> AsyncIterator[Browser]:
    async with serving(context) as address:
        await context.workers.run(len, "")  # the first one is imported
        browser = Browser(address)
        browser.http.timeout = httpx.Timeout(60)
        yield browser
        await browser.http.aclose()


def tools(**form: Any) -> dict[str, Any]:
    return {"tab": "tools", "message": "Hi", "backend": "therouter", "model": "test/echo"} | form


def schema(text: str, **form: Any) -> dict[str, Any]:
    return tools(tab="json", json_mode="json_schema", json_schema=text) | form


MANY = json.dumps(
    [{"name": f"f{n}", "parameters": {"properties": {str(i): {} for i in range(60)}}} for n in range(999)]
)
DEEP = '{"a":' * 240 + "[" + "1," * 40_000 + "1]" + "}" * 240
HEAVY = {
    "tools of 3.9 MB": tools(tools='[{"name": "f", "x": [' + "{}," * 1_290_000 + "{}]}]"),
    "300,000 numbers in a tool": tools(tools='[{"name": "f", "x": [' + "1," * 300_000 + "1]}]"),
    "60,000 properties": tools(tools=MANY),
    "tools that are not valid JSON": tools(tools="[" + "[]," * 300_000 + "x"),
    "a name twice, 100,000 times": tools(tools='[{"name": "f", ' + '"a": 1, ' * 100_000 + '"b": 1}]'),
    "200 tools with patterns": tools(
        tools=json.dumps(
            [
                {"name": f"f{n}", "parameters": {"properties": {"a": {"pattern": "(\\p{L}{100}){2}"}}}}
                for n in range(200)
            ]
        )
    ),
    "a schema of 2 MB": schema('{"enum": [' + "1," * 900_000 + "1]}"),
    "a nested schema": schema('{"default": ' + DEEP + "}"),
    "1,000 patterns": schema(json.dumps({"allOf": [{"pattern": f"\\p{{L}}{{100}}{n}"} for n in range(1000)]})),
    "alternatives": schema(
        json.dumps({"allOf": [{"anyOf": [{"properties": {str(i): {"const": "x"}}} for i in range(50)]}] * 700})
    ),
    "a recursive schema": schema(
        json.dumps({"$defs": {str(n): {"properties": {"a": {"$ref": f"#/$defs/{(n * 7) % 900}"}}} for n in range(900)}})
    ),
    "extra fields of 4 MB": tools(extra='{"x": [' + "1," * 2_000_000 + "1]}"),
    "nested extra fields": tools(extra='{"x": ' + DEEP + "}"),
    "a long number": tools(extra='{"x": ' + "9" * 1_000_000 + "}"),
    "a parameter of 4 MB": tools(params={"logit_bias": "{" + '"1": 1, ' * 500_000 + '"2": 1}'}),
    "a list of texts": tools(params={"stop": "[" + '"a", ' * 500_000 + '"b"]'}),
}


@pytest.mark.parametrize("name", HEAVY)
async def test_what_is_sent_stops_nobody(browser: Browser, upstream: Upstream, context: Context, name: str) -> None:
    upstream.default(scripts.stream(['{"a": ', "1}"]))
    frames, pause = await longest_pause(browser.frames(**HEAVY[name], stream=True))
    turn = context.conversation(TAB, VISITOR).turns[-1]
    error = turn.exchange.error if turn.exchange else None
    print(f"{name}: {pause:.3f} s; {error!r:.150}")
    assert pause < BOUND_S
    assert "end" in frames[-1]
    assert error is None or isinstance(error, InvalidRequest | TooMuchWork)
    assert (error is None) == frames[-1]["end"]["ok"] == bool(upstream.requests)


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize("name", HEAVY)
async def test_what_is_shown_and_saved_stops_nobody(context: Context, name: str) -> None:
    values = [value_of(HEAVY[name] | {"conversation": TAB}, field) for field in NAMES]
    wire, presets = WireHandlers(context), PresetHandlers(context, NAMES)
    for language in BY_ID:
        asked = Asked.model_validate(HEAVY[name] | {"conversation": TAB, "language": language})
        drawn, pause = await longest_pause(wire.snippet(asked, VISITOR))
        print(f"{name}: {pause:.3f} s; {drawn!s:.100}")
        assert pause < BOUND_S
        assert "<code>" in drawn["code"] or 'role="status"' in drawn["code"]
    _, pause = await longest_pause(saved(presets.save(ASKER, *values)))
    print(f"{name}: {pause:.3f} s")
    assert pause < BOUND_S


async def saved(work: Any) -> str:
    from gradio import Error  # the page's own way to say it

    try:
        return str(await work)
    except Error as error:
        return str(error.message)


def value_of(form: dict[str, Any], name: str) -> Any:
    """A component's value, as the page sends it."""
    if name.startswith("param."):
        return form.get("params", {}).get(name.removeprefix("param."), "")
    default = Form.model_fields[name].default
    return form.get(name, () if name == "builtins" else default)


LOOK_BEHIND = schema(json.dumps({"pattern": "(?<=a+)b"}))


async def test_a_pattern_that_looks_behind_stops_nobody(browser: Browser, upstream: Upstream, context: Context) -> None:
    upstream.default(scripts.stream(['"' + "a" * 100_000 + '"']))
    frames, pause = await longest_pause(browser.frames(**LOOK_BEHIND))
    print(f"while it streams: {pause:.3f} s")
    assert pause < BOUND_S
    assert frames[-1] == {"end": {"ok": True}}
    work = asyncio.to_thread(ConversationHandlers(context).commit, ASKER, TAB)
    drawn, pause = await longest_pause(work)
    print(f"drawn and judged: {pause:.3f} s")
    assert pause < BOUND_S
    assert "is not checked" in drawn[0]


async def test_runs_that_cannot_be_judged_stop_nobody(upstream: Upstream, context: Context) -> None:
    upstream.default(scripts.stream(['"' + "a" * 100_000 + '"']))
    prepared = context.prepare(Form(**LOOK_BEHIND), VISITOR)
    context.workers.start()

    async def runs() -> list[Run]:
        found = run_many(prepared, 2, client=context.client, key=KEY, workers=context.workers, who=VISITOR)
        return [run async for run in found]

    done, pause = await longest_pause(runs())
    print(f"two runs: {pause:.3f} s; {done}")
    assert pause < BOUND_S
    assert [(run.outcome, "longer than" in run.reason) for run in done] == [("failed", True)] * 2


async def test_a_small_request_is_built_at_once_and_kept(context: Context) -> None:
    form = Form(conversation=TAB, backend="therouter", model="m", message="Hi")
    built = await context.build_apart(form, VISITOR)
    assert await context.build_apart(form, VISITOR) is built
    assert context.build(form, VISITOR) is built


@pytest.mark.parametrize("extra", [0, 1])
async def test_at_the_limit_it_is_sent_and_beyond_it_is_told(context: Context, extra: int) -> None:
    held = 7  # the request itself, its messages, the message with two fields, model, the field and its list
    text = json.dumps({"x": [1] * (MAX_VALUES - held + extra)})
    form = Form(conversation=TAB, backend="therouter", model="m", message="Hi", extra=text)
    if extra:
        with pytest.raises(InvalidRequest, match=f"{MAX_VALUES + 1:,} values; the limit is {MAX_VALUES:,}"):
            await context.build_apart(form, VISITOR)
    else:
        built = await context.build_apart(form, VISITOR)
        assert json.loads(built.prepared.body)["x"] == [1] * (MAX_VALUES - held)


async def test_large_and_small_are_the_same_bytes(context: Context) -> None:
    text = json.dumps([{"name": f"f{n}", "description": "x" * SMALL} for n in range(40)])
    form = Form(conversation=TAB, tab="tools", backend="therouter", model="m", message="Hi", tools=text)
    conversation = context.conversation(TAB, VISITOR)
    apart = await context.build_apart(form, VISITOR)
    assert len(apart.prepared.body) > KEPT_BYTES
    assert conversation.built is None  # what is large is not kept for each conversation
    assert context.build(form, VISITOR).prepared == apart.prepared
