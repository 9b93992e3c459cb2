"""The JSON tab's events."""

import json
from typing import Any

import gradio as gr

from playground.schema.check import SchemaCheck, check_schema
from playground.schema.pydantic_source import schema_from_pydantic
from playground.schema.sample import schema_from_sample
from playground.schema.strict import lint
from playground.schema.strict_fix import fix
from playground.schema.templates import TEMPLATES
from playground.ui.draw.schema import draw_schema_status, draw_start

BY_TITLE = {template.title: template for template in TEMPLATES}
KINDS = ("a sample of JSON", "a pydantic class")


class SchemaHandlers:
    """Checks the schema as it is typed, and makes one from something else."""

    def check(self, text: str, *, strict: bool) -> str:
        """What the text says."""
        check = check_schema(text) if text.strip() else None
        findings = lint(check.schema) if check and check.ok and strict else ()
        return draw_schema_status(check, findings, strict=strict)

    def fix(self, text: str) -> Any:
        """The schema made fit for strict mode, as far as that can be done by itself."""
        check = check_schema(text)
        return as_text(fix(check.schema)) if check.ok else gr.skip()

    def use_template(self, title: str) -> tuple[Any, ...]:
        """The template's mode, name and schema."""
        template = BY_TITLE.get(title)
        if template is None:
            return gr.skip(), gr.skip(), gr.skip()
        return "json_schema", template.name, as_text(template.schema)

    def start_from(self, kind: str, text: str) -> tuple[Any, ...]:
        """A schema from a sample or a class: mode, name, schema, and what became of it."""
        if kind == KINDS[0]:
            found: SchemaCheck = schema_from_sample(text)
            schema, name, problems = found.schema, "answer", found.problems
        else:
            made = schema_from_pydantic(text)
            schema, name, problems = made.schema, made.model or "answer", made.problems
        if problems or schema is None:
            return gr.skip(), gr.skip(), gr.skip(), draw_start(problems)
        return "json_schema", name, as_text(schema), draw_start((), f"The schema of {kind} stands under Schema.")


def as_text(schema: Any) -> str:
    """A schema for a person to edit."""
    return json.dumps(schema, indent=2, ensure_ascii=False)
