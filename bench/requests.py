"""What is sent: the same chat request to the upstream, to the relay, and as the app's form."""

import json
import secrets
from typing import Any

import httpx

from bench.browser import Tab
from bench.processes import START_S, Server

WORD = "word "  # the text of one token of the replay


def chat(**replay: Any) -> dict[str, Any]:
    """A chat request; `replay` is the pace asked of the upstream (chunks, per_second, text)."""
    messages = [{"role": "user", "content": "go"}]
    body: dict[str, Any] = {"model": "replay", "stream": True, "messages": messages}
    return body | ({"x_replay": replay} if replay else {})


def form(conversation: str = "", tab: str = "chat", **replay: Any) -> dict[str, Any]:
    """The same as the page's form would send it to the app's exchange route."""
    fields = {"conversation": conversation or secrets.token_hex(18), "tab": tab, "backend": "custom"}
    extra = json.dumps({"x_replay": replay}) if replay else ""
    return fields | {"model": "replay", "message": "go", "stream": True, "include_usage": True, "extra": extra}


def new_visitor(app: Server) -> dict[str, str]:
    """The cookie that the app gives to whoever opens its page."""
    return dict(httpx.get(app.url, trust_env=False, timeout=START_S).raise_for_status().cookies)


def exchange(app: Server, body: dict[str, Any], visitor: dict[str, str]) -> str:
    """Send a form as that visitor and read the answer to its end; the frames as they came."""
    url = f"{app.url}/gradio_api/exchange"
    with httpx.Client(cookies=visitor, trust_env=False, timeout=None) as client:  # noqa: S113 - it ends when it ends
        return client.post(url, json=body).raise_for_status().text


def converse(app: Server, tab: Tab, messages: int) -> None:
    """Fill a tab's conversation with so many messages: half of them ours, half short answers."""
    for _ in range(messages // 2):
        exchange(app, form(tab.conversation, chunks=30, per_second=20_000, text="old "), tab.visitor)
