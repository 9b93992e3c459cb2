"""The key route: keys go in and never come out; and what the app starts and ends with itself."""

import json

import pytest

from playground.app.context import Context
from playground.auth.visitors import COOKIE
from tests.upstream import Upstream
from tests.web.running import VISITOR, Browser, context_for, serving

KEY = "sk-recognisable-of-the-visitor"


async def test_a_key_is_kept_for_its_visitor_and_backend(browser: Browser, context: Context) -> None:
    answer = await browser.set_key("therouter", f"  {KEY}\n")
    assert (answer.status_code, answer.json()) == (200, {"set": True})
    assert context.visitors.key(VISITOR, "therouter") == KEY
    assert context.visitors.key(VISITOR, "custom") is None
    assert context.visitors.key("another", "therouter") is None
    assert KEY not in repr(context.visitors._keys)


async def test_a_blank_key_is_forgotten(browser: Browser, context: Context) -> None:
    await browser.set_key("therouter", KEY)
    answer = await browser.set_key("therouter", "  ")
    assert answer.json() == {"set": False}
    assert context.visitors.key(VISITOR, "therouter") is None


async def test_without_a_visitor_no_key_is_taken(address: str, context: Context) -> None:
    stranger = Browser(address, visitor=None)
    answer = await stranger.set_key("therouter", KEY)
    await stranger.http.aclose()
    assert answer.status_code == 403
    assert "Open the page first" in answer.text
    assert not context.visitors._keys


@pytest.mark.parametrize(
    "sent",
    [
        {"key": KEY},
        {"backend": "b" * 65, "key": KEY},
        {"backend": "therouter", "key": KEY + "x" * 4096},
        {"backend": "therouter", "key": [KEY]},
        [KEY],
        KEY,
    ],
)
async def test_a_refusal_does_not_give_the_key_back(browser: Browser, context: Context, sent: object) -> None:
    answer = await browser.http.post("/gradio_api/key", json=sent)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"]
    assert "recognisable" not in answer.text + str(answer.headers)
    assert not context.visitors._keys


async def test_what_is_no_json_is_refused_the_same_way(browser: Browser) -> None:
    headers = {"content-type": "application/json"}
    answer = await browser.http.post("/gradio_api/key", content=f'{{"key": "{KEY}"', headers=headers)
    assert answer.status_code == 422
    assert "recognisable" not in answer.text


async def test_there_is_no_way_to_read_a_key(browser: Browser) -> None:
    await browser.set_key("therouter", KEY)
    for path in ("/gradio_api/key", "/gradio_api/exchange", "/openapi.json", "/docs"):
        answer = await browser.http.get(path)
        assert answer.status_code in {404, 405}
        assert "recognisable" not in answer.text


async def test_the_visitors_key_comes_before_the_environments(browser: Browser, upstream: Upstream) -> None:
    await browser.frames(message="Hi")
    await browser.set_key("therouter", KEY)
    await browser.frames(message="Hi")
    await browser.set_key("custom", "sk-for-another")
    await browser.frames(message="Hi", backend="custom")
    sent = [request.header("authorization") for request in upstream.requests]
    assert sent == ["Bearer sk-recognisable-of-the-environment", f"Bearer {KEY}", "Bearer sk-for-another"]


class Engine:
    """Notes that it is started and stopped."""

    base_url = None

    def __init__(self) -> None:
        self.said: list[str] = []

    async def start(self) -> None:
        self.said.append("start")

    async def stop(self) -> None:
        self.said.append("stop")


async def test_the_engine_and_the_client_live_as_long_as_the_app(upstream: Upstream) -> None:
    context = context_for(upstream.base_url)
    engine = Engine()
    context.embedded = engine  # type: ignore[assignment]  # half an engine is enough here
    async with serving(context) as address:
        assert engine.said == ["start"]
        browser = Browser(address)
        await browser.frames(message="Hi")
        await browser.http.aclose()
        assert context.client._http is not None
    assert engine.said == ["start", "stop"]
    assert context.client._http is None


async def test_the_visitors_cookie_names_the_visitor(address: str, context: Context) -> None:
    browser = Browser(address, visitor=None)
    first = await browser.http.get("/")
    named = first.cookies[COOKIE]
    await browser.set_key("custom", KEY)
    again = await browser.http.get("/")
    await browser.http.aclose()
    assert context.visitors.key(named, "custom") == KEY
    assert COOKIE not in again.cookies
    assert KEY not in json.dumps(dict(again.headers)) + again.text
