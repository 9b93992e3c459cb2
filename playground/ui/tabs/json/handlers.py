"""The JSON tab's events. The texts are a visitor's, so they are read in a worker."""

from typing import Any

import gradio as gr

from playground.app.context import Context
from playground.errors import TooMuchWork
from playground.schema.beginnings import as_text, begin_from, fixed_text
from playground.schema.document import Problem
from playground.schema.templates import TEMPLATES
from playground.ui.draw.problems import draw_problems
from playground.ui.draw.schema import draw_schema, draw_start
from playground.ui.handlers.visitor import visitor

BY_TITLE = {template.title: template for template in TEMPLATES}


class SchemaHandlers:
    """Checks the schema as it is typed, and makes one from something else."""

    def __init__(self, context: Context) -> None:
        self._workers = context.workers

    async def check(self, request: gr.Request, text: str, strict: bool) -> str:  # noqa: FBT001 - a check box's value
        """What the text says."""
        try:
            return await self._workers.run(draw_schema, text, strict, who=visitor(request) or "")
        except TooMuchWork as error:
            return draw_problems((_told(error),))

    async def fix(self, request: gr.Request, text: str) -> Any:
        """The schema made fit for strict mode, as far as that can be done by itself."""
        try:
            fixed = await self._workers.run(fixed_text, text, who=visitor(request) or "")
        except TooMuchWork:
            return gr.skip()
        return gr.skip() if fixed is None else fixed

    def use_template(self, title: str) -> tuple[Any, ...]:
        """The template's mode, name and schema."""
        template = BY_TITLE.get(title)
        if template is None:
            return gr.skip(), gr.skip(), gr.skip()
        return "json_schema", template.name, as_text(template.schema)

    async def start_from(self, request: gr.Request, kind: str, text: str) -> tuple[Any, ...]:
        """A schema from a sample or a class: mode, name, schema, and what became of it."""
        try:
            begun = await self._workers.run(begin_from, kind, text, who=visitor(request) or "")
        except TooMuchWork as error:
            return gr.skip(), gr.skip(), gr.skip(), draw_start((_told(error),))
        if begun.text is None:
            return gr.skip(), gr.skip(), gr.skip(), draw_start(begun.problems)
        return (
            "json_schema",
            begun.name,
            begun.text,
            draw_start((), f"The schema made from {kind} is now under Schema."),
        )


def _told(error: TooMuchWork) -> Problem:
    return Problem(f"{error.message} {error.advice}".strip())
