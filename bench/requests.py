"""What is sent: the same chat request to the upstream, to the relay, and as the app's form."""

import json
import secrets
from typing import Any

import httpx

from bench.processes import Server

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


def exchange(app: Server, body: dict[str, Any]) -> str:
    """Send a form and read the answer to its end; the frames as they came."""
    url = f"{app.url}/gradio_api/exchange"
    response = httpx.post(url, json=body, trust_env=False, timeout=None)  # noqa: S113 - a stream ends when it ends
    return response.raise_for_status().text


def converse(app: Server, conversation: str, messages: int) -> None:
    """Fill a conversation with so many messages: half of them ours, half short answers."""
    for _ in range(messages // 2):
        exchange(app, form(conversation, chunks=30, per_second=20_000, text="old "))
