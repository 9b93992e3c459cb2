"""Write `docs/parameters.md`: every parameter of a request, its type and range, and whose API knows it.

    .venv/bin/python docs/parameters.py

It is made from the fields of `ChatRequest`; `tests/test_docs.py` compares the two.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from playground.wire.parameters import SOURCES, Dialect, NamedParameter, parameters_of
from playground.wire.request import ChatRequest

PAGE = ROOT / "docs" / "parameters.md"
HEAD = """# Parameters

Made by `docs/parameters.py` from the fields of `playground/wire/request.py`; a test compares the two. Each has a field
on the page and can be given as `--param NAME=VALUE`; any other name can too, and under *Extra JSON*. Ranges are told,
not enforced: the server decides. `playground parameters` prints this list.

*Yes*: the API has a parameter of that name. *No*: it has none, and ignores or refuses it. *?*: nobody has looked. To
have one is not to use it: a model may have no use for it. TheRouter speaks OpenAI's API as it is documented; whether it
takes the others too is not known here.

"""


def render(parameters: Iterable[NamedParameter]) -> str:
    """The whole page."""
    names = " | ".join(Dialect)
    table = f"| name | type | range | what it does | {names} |\n|---|---|---|---|{'---|' * len(Dialect)}\n"
    rows = "".join(_row(parameter) for parameter in parameters)
    sources = "".join(f"- {dialect}: {SOURCES[dialect]}.\n" for dialect in Dialect)
    return f"{HEAD}{table}{rows}\n## Where this is from\n\n{sources}"


def _row(one: NamedParameter) -> str:
    known = (("yes" if dialect in one.known_by else "no" if dialect in one.not_by else "?") for dialect in Dialect)
    return f"| `{one.name}` | {one.kind} | {one.range} | {one.help} | {' | '.join(known)} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(parameters_of(ChatRequest)), encoding="utf-8")
