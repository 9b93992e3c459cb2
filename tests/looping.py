"""What the loop's tests share: two tools, who answers them, and how a loop is run to its end."""

from collections.abc import Sequence
from typing import Any

from playground.client import Client
from playground.loop import LoopSnapshot, run_loop
from playground.tools.builtin import make_builtins
from playground.tools.definitions import make_tool
from playground.tools.execute import ToolBox
from playground.wire.prepared import Target
from playground.wire.request import ChatRequest
from tests.upstream import Script, Upstream, scripts

TOOL = make_tool(
    "lookup_region",
    "Look up",
    {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
)
OTHER = make_tool("wait", "", {"type": "object", "properties": {}})
USER = {"role": "user", "content": "Which region is ap-northeast-1?"}
TOKYO = '{"code": "ap-northeast-1"}'
RESULT = {
    "code": "ap-northeast-1",
    "name": "Asia Pacific (Tokyo)",
    "partition": "aws",
    "s3_endpoint": "s3.ap-northeast-1.amazonaws.com",
}
BUILTINS = make_builtins(["lookup_region"])


def request_of(**fields: Any) -> ChatRequest:
    return ChatRequest.parse({"model": "m", "stream": True, "messages": [USER], "tools": [TOOL, OTHER]} | fields)


def calls(*made: tuple[str | None, str, str], text: Sequence[str] = (), **fields: Any) -> Script:
    """A stream with these calls: id, name, arguments."""
    parts = []
    for index, (call_id, name, arguments) in enumerate(made):
        first, *rest = scripts.tool_call_fragments(name, *arguments, index=index, call_id=call_id or "x")
        parts += [first if call_id else {k: v for k, v in first.items() if k != "id"}, *rest]
    return scripts.stream(text, tool_calls=parts, **fields)


async def all_of(
    client: Client, upstream: Upstream, toolbox: ToolBox, request: ChatRequest | None = None, **options: Any
) -> list[LoopSnapshot]:
    loop = run_loop(
        request or request_of(), Target(upstream.base_url), client=client, toolbox=toolbox, hz=1000, **options
    )
    return [shot async for shot in loop]


def sent(upstream: Upstream, number: int) -> Any:
    return upstream.requests[number].json()


def box(**fields: Any) -> ToolBox:
    return ToolBox(tools=[TOOL, OTHER], **fields)
