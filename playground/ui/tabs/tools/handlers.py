"""The Tools tab's events. The texts are a visitor's, so they are read in a worker."""

from typing import Any

import gradio as gr

from playground.app.calls import mcp_session
from playground.app.context import Context
from playground.errors import PlaygroundError, TooMuchWork
from playground.tools.edits import edited_text, joined_text
from playground.tools.importers.imported import Imported
from playground.tools.importers.sources import MCP, import_tools
from playground.tools.problems import Problem
from playground.ui.draw.problems import draw_problems
from playground.ui.draw.tools import draw_imported, draw_tools
from playground.ui.handlers.visitor import visitor

IMPORT_S = 5.0  # a large OpenAPI document
CHOICES = [("not sent", ""), ("auto", "auto"), ("none", "none"), ("required", "required")]


class ToolHandlers:
    """Checks the tools as they are typed, applies what is changed in a form, brings tools in from elsewhere."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._workers = context.workers

    async def check(self, request: gr.Request, text: str, choice: str) -> tuple[str, str, Any]:
        """What the text says, the forms, and the choices that there are now."""
        try:
            status, forms, names = await self._workers.run(draw_tools, text, who=visitor(request) or "")
        except TooMuchWork as error:
            return draw_problems((told(error),)), "", gr.skip()
        return status, forms, gr.update(choices=[*CHOICES, *((name, name) for name in names)], value=choice)

    async def edit(self, request: gr.Request, text: str, edit: str) -> Any:
        """The text with a form's change; what cannot be read stays as it is."""
        try:
            changed = await self._workers.run(edited_text, text, edit, who=visitor(request) or "")
        except TooMuchWork:
            return gr.skip()
        return gr.skip() if changed is None else changed

    async def bring_in(self, request: gr.Request, text: str, kind: str, *given: str) -> tuple[Any, str]:
        """The tools with those of a source, and what became of it. `given`: source, operation, MCP server."""
        source, operation, mcp = given
        who = visitor(request)
        try:
            if kind == MCP:
                async with mcp_session(mcp, self._context, who) as session:
                    found = Imported(session.tools, session.notes)
            else:
                found = await self._workers.run(
                    import_tools, kind, source, operation, who=who or "", timeout_s=IMPORT_S
                )
            joined = await self._workers.run(joined_text, text, found.tools, who=who or "") if found.tools else ""
        except PlaygroundError as error:
            return gr.skip(), draw_problems((told(error),))
        if not found.tools:
            return gr.skip(), draw_problems(found.problems)
        if not isinstance(joined, str):
            return gr.skip(), draw_problems(joined)
        return joined, draw_imported(found)


def told(error: PlaygroundError) -> Problem:
    """An error as a problem of the text."""
    return Problem(f"{error.message} {error.advice}".strip())
