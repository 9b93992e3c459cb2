import time

import pytest

from playground.markup.highlight import LANGUAGES, LEXERS, MAX_COLOURED, code_block


def test_each_name_is_coloured() -> None:
    for language in LANGUAGES:
        assert "<span" in code_block('{"a": 1} /* x */ "text" 12 <b>', language), language


@pytest.mark.parametrize("language", LEXERS)  # the other names are theirs too
def test_hostile_code_ends_fast(language: str) -> None:
    for unit in ('"', "\\", "(", "<", " ", "/*", "a"):
        began = time.process_time()  # not the wall's: a busy machine may let it wait
        code_block(unit * (MAX_COLOURED // len(unit)), language)
        assert time.process_time() - began < 30, unit
