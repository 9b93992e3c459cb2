import time

import pytest

from playground.markup.highlight import LANGUAGES, MAX_COLOURED, code_block


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_hostile_code_ends_fast(language: str) -> None:
    for unit in ('"', "\\", "(", "<", " ", "/*", "a"):
        began = time.process_time()  # not the wall's: a busy machine may let it wait
        code_block(unit * (MAX_COLOURED // len(unit)), language)
        assert time.process_time() - began < 30, unit
