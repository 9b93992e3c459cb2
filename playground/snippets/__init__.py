"""A `PreparedRequest` as code: one file a language, each a pure function of the same bytes that are sent."""

from collections.abc import Callable

from playground.errors import InvalidInput
from playground.snippets.curl import render_curl
from playground.snippets.python import render_python
from playground.wire.prepared import PreparedRequest

LANGUAGES: dict[str, Callable[[PreparedRequest], str]] = {"curl": render_curl, "python": render_python}


def render_snippet(request: PreparedRequest, language: str = "curl") -> str:
    """The snippet, without a newline at its end.

    Raises:
        InvalidInput: a language that is in no list.
    """
    try:
        return LANGUAGES[language](request)
    except KeyError:
        raise InvalidInput(f"There is no snippet in {language!r}.", advice=f"Use {', '.join(LANGUAGES)}.") from None
