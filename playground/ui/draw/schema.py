"""The JSON tab: what the schema's text says, and what strict mode would refuse in it."""

from collections.abc import Sequence
from html import escape

from playground.schema.check import SchemaCheck, check_schema
from playground.schema.document import Problem
from playground.schema.strict import Finding, lint
from playground.ui.draw.numbers import plural
from playground.ui.draw.problems import draw_problems


def draw_schema(text: str, strict: bool) -> str:  # noqa: FBT001 - a check box's value
    """What a schema's text says, and where it is strict what strict mode refuses."""
    check = check_schema(text) if text.strip() else None
    findings = lint(check.schema) if check and check.ok and strict else ()
    return draw_schema_status(check, findings, strict=strict)


def draw_schema_status(check: SchemaCheck | None, findings: Sequence[Finding], *, strict: bool) -> str:
    """One line, the problems, and where it is strict what strict mode refuses. `check`: None where there is no text."""
    if check is None:
        return '<p class="line" role="status">No schema yet: write one, or start from a template or a sample.</p>'
    if not check.ok:
        return f'<p class="line bad" role="status">Not a usable JSON Schema.</p>{draw_problems(check.problems)}'
    return (
        f'<p class="line good" role="status">A valid JSON Schema.</p>{draw_problems(check.notes, "note")}'
        f"{_strictness(findings) if strict else ''}"
    )


def _strictness(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<p class="line good">Compatible with strict mode.</p>'
    problems = [Problem(finding.message, pointer=finding.pointer or "(root)") for finding in findings]
    fixable = sum(finding.fixable for finding in findings)
    press = '<button type="button" class="link" data-act="fix-schema">Fix</button>' if fixable else ""
    words = f"Not compatible with strict mode: {plural(len(findings), 'problem')}"
    return f'<p class="line bad">{words} {press}</p>{draw_problems(problems)}'


def draw_start(problems: Sequence[Problem], words: str = "") -> str:
    """What became of a sample or a class."""
    return draw_problems(problems) if problems else f'<p class="line good" role="status">{escape(words)}</p>'
