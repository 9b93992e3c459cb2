"""Text and paths that break careless quoting, and the client to compare with."""

import asyncio
from typing import Any

from playground.client import Client
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest

KEY = "sk-made-up $HOME `x`"
LOGIN = 'ada "$HOME":é `x`:y'
HOSTILE = {
    "quotes": "it's \"quoted\" '' '\\''",
    "expansion": "$(touch /tmp/x) `id` $HOME ${PATH} $$",
    "newlines": "a\nb\r\nc\n\n",
    "at file": "@/etc/passwd",
    "bang": "!! !$ wow!",
    "backslashes": "\\ \\\\ \\n \\' \\u0041",
    "unicode": "🌍 e\u0301 \u2028 \u2029 \ufeff",
    "nul": "before\0after",
    "percent": "%s %d %% %n",
    "empty": "",
    "one megabyte": "x'\"$\n" * 200_000,
}


def request_for(text: str, base_url: str) -> PreparedRequest:
    body: dict[str, Any] = {
        "model": text[:100] or "m",
        "messages": [{"role": "user", "content": text}],
        f"x_{text[:20]}": {"nested": [text[:50], 1, None], "lone surrogate": "\ud83d"},
    }
    return prepare(ChatRequest.parse(body), Target(base_url, "TEST_API_KEY"))


ODD_PATHS = (
    "?a=1&b=x y",
    "?q='it'\"s\"",
    "/a b/$HOME/!x",
    "/{a,b}/[1-3]",
    "/%7Ex/%2f?q=%zz",
    "/é?ü=🌍",
    "/a|b^c`id`d\\e",
    "/x/../y",
)


def send_with_client(request: PreparedRequest, key: str = KEY) -> None:
    async def send() -> None:
        client = Client()
        async for _ in client.events(request, key):
            pass
        await client.aclose()

    asyncio.run(send())
