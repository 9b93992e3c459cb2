"""N runs of the same request: the share of valid answers, and the failures in groups."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from playground.app.runs import Run
from playground.ui.draw.numbers import seconds
from playground.ui.draw.verdict import WORDS

MAX_GROUPS = 12


def draw_runs(runs: Sequence[Run], wanted: int) -> str:
    """A cell for each run, the share, and each way to fail with how often it came."""
    if not wanted:
        return '<p class="empty">Send the same request several times and see how often the answer is valid.</p>'
    valid = sum(run.outcome == "valid" for run in runs)
    cells = "".join(_cell(run, number) for number, run in enumerate(runs, 1))
    cells += '<i class="waiting"></i>' * (wanted - len(runs))
    share = f"{valid} of {len(runs)} valid" + (f", {wanted - len(runs)} to go" if len(runs) < wanted else "")
    return (
        f'<p class="line" role="status"><b>{share}</b></p><div class="cells" aria-hidden="true">{cells}</div>'
        f"{_groups(runs)}"
    )


def _cell(run: Run, number: int) -> str:
    took = f", {seconds(run.took_s)}" if run.took_s is not None else ""
    words = escape(f"run {number}: {WORDS.get(run.outcome, run.outcome)}{took}")
    return f'<i class="{escape(run.outcome)}" title="{words}"></i>'


def _groups(runs: Sequence[Run]) -> str:
    failures = Counter((run.outcome, run.reason) for run in runs if run.outcome != "valid")
    if not failures:
        return ""
    rows = "".join(
        f'<tr><td class="n">{count}</td><td>{escape(WORDS.get(outcome, outcome))}</td><td>{escape(reason)}</td></tr>'
        for (outcome, reason), count in failures.most_common(MAX_GROUPS)
    )
    head = '<th scope="col">count</th><th scope="col">outcome</th><th scope="col">reason</th>'
    return f'<table class="violations"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
