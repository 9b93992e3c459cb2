import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.markup.code import colour_curl, colour_json

TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*list("'\"\\{}[]:#$\n \ra<&"), "'\\''", "$A"])).map("".join))


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@given(TEXTS)
def test_the_text_is_the_input(text: str) -> None:
    assert text_of(colour_curl(text)) == text
    assert text_of(colour_json(text)) == text


def test_classes() -> None:
    html = colour_curl('# c\ncurl -H "Bearer $KEY" \\\n -d \'{"a": "it\'\\\'\'s"}\'')
    for part in ('class="c"># c', 'class="v">$KEY', 'class="k">"a"', 'class="s">"it\'\\\'\'s"'):
        assert part in html
    assert html.count('class="ln"') == 3


@pytest.mark.parametrize("unit", ["'", '"', "\\", '"a" ', "$", "'\\''", "# "])
def test_long_input(unit: str) -> None:
    text = unit * (190_000 // len(unit))
    assert text_of(colour_curl(text)) == text
    assert 'class="s"' not in colour_curl(text + " " * 20_000)
