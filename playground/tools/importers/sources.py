"""Tools from a text of any of the kinds that can be imported; nothing of it is run."""

from playground.errors import InvalidTools
from playground.tools.definitions import MAX_CHARACTERS, render_tools
from playground.tools.importers.imported import Imported
from playground.tools.importers.openapi import OpenApi
from playground.tools.importers.pydantic_schema import tool_from_schema
from playground.tools.importers.python_function import tools_from_python

FUNCTION, SCHEMA, OPENAPI, MCP = "a Python function", "a JSON schema", "an OpenAPI operation", "an MCP server"
IMPORTS = (FUNCTION, SCHEMA, OPENAPI, MCP)


def import_tools(kind: str, source: str, operation: str) -> Imported:
    """Tools from text.

    Raises:
        InvalidTools: an OpenAPI document that is none, or one with several operations where none is named; or tools
            that are longer than a text of tools may be.
    """
    found = _import(kind, source, operation)
    if len(render_tools(found.tools)) > MAX_CHARACTERS:
        raise InvalidTools(f"The tools would be longer than {MAX_CHARACTERS:,} characters, which is the limit.")
    return found


def _import(kind: str, source: str, operation: str) -> Imported:
    if kind == FUNCTION:
        return tools_from_python(source)
    if kind == SCHEMA:
        return tool_from_schema(source)
    document = OpenApi(source)
    names = [found.id for found in document.operations()]
    if not operation.strip() and len(names) != 1:
        listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")  # noqa: PLR2004 - as many as are read
        raise InvalidTools(f"Name one of its operations: {listed or 'there are none'}.")
    return document.tool(operation.strip() or names[0])
