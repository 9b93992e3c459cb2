"""Tools of an MCP server as they go over the wire, and a call's result as text; pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playground.tools.definitions import make_tool
from playground.tools.importers.imported import unique_name

if TYPE_CHECKING:
    from mcp.types import CallToolResult, Tool


@dataclass(frozen=True, slots=True)
class Listed:
    """A server's tools: as they go over the wire, the server's own name of each, and what was changed."""

    tools: tuple[dict[str, Any], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def list_tools(listed: "Iterable[Tool]") -> Listed:
    """The tools; a name that not every server takes is changed, and a note says so."""
    tools, notes = [], []
    names: dict[str, str] = {}
    for tool in listed:
        name = unique_name(tool.name, names)
        if name != tool.name:
            notes.append(f"{tool.name} is called {name}: its own name is not accepted by every server")
        names[name] = tool.name
        tools.append(make_tool(name, tool.description or tool.title or "", tool.inputSchema))
    return Listed(tuple(tools), names, tuple(notes))


def result_text(result: "CallToolResult") -> str:
    """The texts, one under the other; of pictures and the like only what they are; else the structured result."""
    parts = []
    for part in result.content:
        if part.type == "text":
            parts.append(part.text)
        elif part.type == "resource" and (text := getattr(part.resource, "text", None)) is not None:
            parts.append(text)
        else:
            kind = getattr(part, "mimeType", None) or part.type
            parts.append(f"[{part.type} of type {kind}: left out]")
    if not parts and result.structuredContent is not None:
        return json.dumps(result.structuredContent, ensure_ascii=False)
    return "\n".join(parts)
