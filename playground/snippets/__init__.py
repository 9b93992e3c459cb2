"""A `PreparedRequest` as code: one file a language, each a pure function of the same bytes that are sent.

A new language is one file here, whose `LANGUAGE` says what it is, and one line in the list.
"""

from collections.abc import Sequence
from importlib import import_module

from playground.errors import InvalidInput
from playground.snippets.language import Language, check_replay
from playground.wire.prepared import PreparedRequest

FILES = (  # in the order of the page; the first is the default
    "curl",
    "python",
)


def load_language(file: str) -> Language:
    """The language of a file here.

    Raises:
        TypeError: its `LANGUAGE` is none, or has another id than its file.
    """
    language = import_module(f"{__name__}.{file}").LANGUAGE
    if not isinstance(language, Language) or language.id != file:
        raise TypeError(f"{file}: its LANGUAGE must be a Language whose id is {file!r}.")
    return language


LANGUAGES = tuple(map(load_language, FILES))
BY_ID = {language.id: language for language in LANGUAGES}
DEFAULT = LANGUAGES[0].id

__all__ = ["BY_ID", "DEFAULT", "LANGUAGES", "Language", "language_of", "render_loop", "render_snippet"]


def language_of(name: str) -> Language:
    """The language of that id.

    Raises:
        InvalidInput: there is none.
    """
    try:
        return BY_ID[name]
    except KeyError:
        raise InvalidInput(f"There is no snippet in {name!r}.", advice=f"Use {', '.join(BY_ID)}.") from None


def render_snippet(request: PreparedRequest, language: str = DEFAULT) -> str:
    """The snippet, without a newline at its end.

    Raises:
        InvalidInput: there is no such language.
    """
    return language_of(language).render(request)


def render_loop(requests: Sequence[PreparedRequest], language: str = DEFAULT) -> str:
    """A whole loop with tools as one script that sends the same requests again, byte for byte and in order.

    Args:
        requests: those of one loop: at least one, all to the same place.
        language: a language's id.

    Returns:
        The script, without a newline at its end. The tools' results in it are those that were recorded.

    Raises:
        InvalidInput: there is no such language, it has no script of a loop, or the requests are not of one loop.
    """
    found = language_of(language)
    if found.replay is None:
        able = ", ".join(one.title for one in LANGUAGES if one.replay)
        raise InvalidInput(f"There is no script of a whole loop in {found.title}.", advice=f"Use {able}.")
    check_replay(requests)
    return found.replay(requests)
