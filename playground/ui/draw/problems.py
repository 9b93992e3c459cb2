"""What is wrong in a text that a person types, with its place."""

from collections.abc import Sequence
from html import escape

from playground.schema.document import Problem

MAX_SHOWN = 8


def draw_problems(problems: Sequence[Problem], kind: str = "bad") -> str:
    """A list; of very many the first. `kind` is bad or note."""
    if not problems:
        return ""
    rows = [f'<li class="{kind}">{_place(problem)}{escape(problem.message)}</li>' for problem in problems[:MAX_SHOWN]]
    if len(problems) > MAX_SHOWN:
        rows.append(f"<li>and {len(problems) - MAX_SHOWN:,} more</li>")
    return f'<ul class="problems">{"".join(rows)}</ul>'


def _place(problem: Problem) -> str:
    parts = [f"line {problem.line}, column {problem.column}"] if problem.line is not None else []
    parts += [problem.pointer] if problem.pointer else []
    return f'<span class="place">{escape(" ".join(parts))}</span> ' if parts else ""
