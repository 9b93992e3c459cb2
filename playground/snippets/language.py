"""A language of snippets as a value: what the page, the command line and the documents need to know of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.errors import InvalidInput
from playground.wire.prepared import PreparedRequest

Render = Callable[[PreparedRequest], str]
Replay = Callable[[Sequence[PreparedRequest]], str]


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    Attributes:
        id: its name for `snippet --lang`, and that of its file: small letters and digits.
        title: its name on the page.
        render: a request as code that sends the very same bytes, without a newline at its end; it is pure.
        lexer: what colours the code: `curl`, or a name that `playground.markup.highlight` knows; "" for no colours.
        replay: all requests of a tool loop as one script that sends them again, in order, with the results that were
            recorded: they stand in the requests, and no tool runs. It is given at least one request, all of them to
            the same place. None where the language has none.
    """

    id: str
    title: str
    render: Render
    lexer: str = ""
    replay: Replay | None = None


def about_replay(requests: Sequence[PreparedRequest]) -> str:
    """The comment at the top of a replay, without the comment sign of the language."""
    many = f"{len(requests)} requests" if len(requests) != 1 else "one request"
    return f"The {many} of a tool loop; the tool results are the recorded ones."


def check_replay(requests: Sequence[PreparedRequest]) -> None:
    """Raise where the requests are not those of one loop.

    Raises:
        InvalidInput: there are none, or they differ in method, URL, key or headers.
    """
    if not requests or len({(r.method, r.url, r.key_name, r.auth, r.headers) for r in requests}) != 1:
        raise InvalidInput("A script needs the requests of one tool loop.", advice="Run the loop first.")
