"""What is wrong in a text that a person typed, or worth a word: the schema checker's problems, on two levels."""

from collections.abc import Iterable
from dataclasses import replace

from playground.schema.document import Problem, locate

MAX_SHOWN = 100  # a person reads no more, and each has to be found in the text

__all__ = ["MAX_SHOWN", "Problem", "placed"]


def placed(problems: Iterable[Problem], text: str) -> tuple[Problem, ...]:
    """The first hundred with line and column, in the order of the text; a last one says how many more there are."""
    every = list(problems)
    first = every[:MAX_SHOWN]
    places = locate(text, {p.pointer for p in first if p.line is None}) if first else {}
    found = [
        replace(p, line=places[p.pointer][0], column=places[p.pointer][1])
        if p.line is None and p.pointer in places
        else p
        for p in first
    ]
    found.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    if len(every) > MAX_SHOWN:
        found.append(Problem(f"and {len(every) - MAX_SHOWN:,} more"))
    return tuple(found)
