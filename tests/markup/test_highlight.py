import pytest

from playground.markup.highlight import LANGUAGES, LEXERS, MAX_COLOURED, code_block
from tests.effort import effort


def test_each_name_is_coloured() -> None:
    for language in LANGUAGES:
        assert "<span" in code_block('{"a": 1} /* x */ "text" 12 <b>', language), language


@pytest.mark.parametrize("language", LEXERS)  # the other names are theirs too
def test_hostile_code_ends_fast(language: str) -> None:
    for unit in ('"', "\\", "(", "<", " ", "/*", "a"):
        with effort(600):
            code_block(unit * (MAX_COLOURED // len(unit)), language)
