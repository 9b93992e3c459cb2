import pytest

from playground.markup.highlight import LANGUAGES, LEXERS, MAX_COLOURED, code_block
from tests.effort import effort


def test_each_name_is_coloured() -> None:
    for language in LANGUAGES:
        assert "<span" in code_block('{"a": 1} /* x */ "text" 12 <b>', language), language


@pytest.mark.parametrize("language", LEXERS)  # the other names are theirs too
def test_hostile_code_ends_fast(language: str) -> None:
    for unit in ('"', "\\", "(", "<", " ", "/*", "a"):
        with effort(60):  # a quarter of the most: what takes the square of it at 600 takes 40 here
            code_block(unit * (MAX_COLOURED // 4 // len(unit)), language)
