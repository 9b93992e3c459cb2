"""What a naive client needs to ask this server and read its streams; for its own tests and quick ones."""

import json
import re
from typing import Any

from tests.upstream import scripts

CHAT = "/v1/chat/completions"


def chat(text: str = "a b c", **fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **fields}


def data_of(body: bytes) -> list[str]:
    lines = re.split("\r\n|\r|\n", body.decode())  # not splitlines(), which also splits at U+2028
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


def contents(body: bytes) -> str:
    chunks = [json.loads(data) for data in data_of(body) if data != scripts.DONE]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content", "") for delta in deltas)
