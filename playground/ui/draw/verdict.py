"""What a JSON answer is worth: the verdict, each broken rule, the way to a repair, and the answer as a table."""

from html import escape
from urllib.parse import quote

from playground.schema.repair import repair_prompt
from playground.schema.table import Table, find_table, to_csv, to_jsonl
from playground.schema.verdict import Verdict
from playground.schema.violation import Violation
from playground.schema.wording import shown
from playground.ui.draw.problems import draw_problems

MAX_VIOLATIONS = 50
MAX_ROWS = 200
MAX_FILE = 2 * 2**20
SAID = ("JSON that does not match the schema", "Not JSON", "Cut off", "The model refused")
WORDS = {
    "valid": "Valid",
    "wrong_shape": "JSON, but not valid against the schema",
    "not_json": "Not JSON",
    "cut_off": "Cut off by max_tokens",
    "refused": "Refused",
}


def draw_verdict(verdict: Verdict, turn: int) -> str:
    """The verdict under an answer."""
    mark = "good" if verdict.outcome == "valid" else "bad"
    rows = "".join(_violation(violation) for violation in verdict.violations[:MAX_VIOLATIONS])
    table = (
        '<table class="violations"><thead><tr><th scope="col">where</th><th scope="col">value</th><th scope="col">'
        f'problem</th><th scope="col">rule</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    repair = ""
    if words := repair_prompt(verdict):
        repair = (
            f'<p><button type="button" class="button" data-act="repair" data-turn="{turn}" data-text="{escape(words)}">'
            "Repair</button> <span>asks for a corrected answer and quotes the errors</span></p>"
        )
    return (
        f'<div class="verdict {mark}" role="status"><p><b class="{mark}">{WORDS[verdict.outcome]}</b> '
        f"{escape(_rest(verdict))}</p>{table if rows else ''}{draw_problems(verdict.notes, 'note')}{repair}</div>"
        f"{_table(verdict)}"
    )


def _rest(verdict: Verdict) -> str:
    """The message without what the mark says already."""
    if verdict.outcome == "valid":
        return "against the schema that was sent."
    for said in SAID:
        if verdict.message.startswith(said):
            return verdict.message.removeprefix(said).lstrip(":, ")
    return verdict.message


def _violation(violation: Violation) -> str:
    rule = f"{violation.rule}: {shown(violation.rule_value)}"
    return (
        f"<tr><td><code>{escape(violation.pointer or '(whole answer)')}</code></td><td><code>"
        f"{escape(shown(violation.value))}</code></td><td>{escape(violation.reason)}</td>"
        f"<td><code>{escape(rule)}</code></td></tr>"
    )


def _table(verdict: Verdict) -> str:
    value = verdict.value if verdict.found is None else verdict.found.value
    table = find_table(value)
    if table is None:
        return ""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in table.cells(row))}</tr>" for row in table.rows[:MAX_ROWS]
    )
    more = len(table.rows) - MAX_ROWS
    note = f'<p class="empty">{more:,} more rows in the files.</p>' if more > 0 else ""
    return (
        f"<details class='rows-view'><summary>as a table: {len(table.rows):,} rows</summary>"
        f'<div class="scroll" tabindex="0" role="group" aria-label="Table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{note}{_files(table)}</details>"
    )


def _files(table: Table) -> str:
    """Both files as links that hold them: nothing has to be kept or fetched."""
    links = []
    for name, kind, text in (("CSV", "text/csv", to_csv(table)), ("JSONL", "application/x-ndjson", to_jsonl(table))):
        if len(text) <= MAX_FILE:
            data = f"data:{kind};charset=utf-8,{quote(text)}"
            links.append(f'<a class="link" download="answer.{name.lower()}" href="{data}">{name}</a>')
    return f'<p class="meter">{" ".join(links)}</p>'
