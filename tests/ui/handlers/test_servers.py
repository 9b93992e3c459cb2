"""The handlers of the Servers tab, asked as Gradio asks them."""

from types import SimpleNamespace
from typing import Any, cast

import gradio as gr

from playground.auth.visitors import COOKIE
from playground.ui.tabs.servers.handlers import ServerHandlers
from tests.upstream import Upstream
from tests.web.running import context_for


async def test_a_key_and_a_login_leave_the_page_once_attached(upstream: Upstream) -> None:
    context = context_for(upstream.base_url)
    token = context.access.token
    assert token is not None
    cookies = {COOKIE: context.access.begin(token.get_secret_value())}
    request = cast("gr.Request", SimpleNamespace(cookies=cookies))
    handlers = ServerHandlers(context)
    typed = upstream.base_url.replace("http://", "ada:s3cret@")

    said, url, key = await handlers.attach(request, typed, "sk-typed")
    assert "s3cret" not in said
    assert (url, key) == (upstream.base_url, "")
    said, url, key = await handlers.attach(request, upstream.base_url, "sk-typed")
    assert (is_left(url), key) == (True, "")
    said, url, key = await handlers.attach(request, "http://ada:s3cret@h/v1#x", "sk-typed")
    assert "s3cret" not in said
    assert (is_left(url), key) == (True, "sk-typed")
    await context.client.aclose()


def is_left(value: Any) -> bool:
    """Whether Gradio leaves the field as it is."""
    return bool(value == gr.skip())
