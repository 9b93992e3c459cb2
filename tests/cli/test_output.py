"""Text for a terminal, and for what is none."""

from io import StringIO

import pytest

from playground.cli.output import hide, write


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "dim", "expected"),
    [
        (StringIO(), False, "a\tb\n\x1b[2J\r\x07\x9b é🌍"),
        (StringIO(), True, "a\tb\n\x1b[2J\r\x07\x9b é🌍"),
        (Terminal(), False, "a\tb\n\\x1b[2J\\x0d\\x07\\x9b é🌍"),
        (Terminal(), True, "\x1b[2ma\tb\n\\x1b[2J\\x0d\\x07\\x9b é🌍\x1b[0m"),
    ],
)
def test_a_model_cannot_steer_the_terminal(stream: StringIO, dim: bool, expected: str) -> None:  # noqa: FBT001
    write("a\tb\n\x1b[2J\r\x07\x9b é🌍", stream, dim=dim)
    assert stream.getvalue() == expected


def test_a_key_is_hidden_by_its_name() -> None:
    assert hide("no sk-12345678!", "sk-12345678", "K") == "no $K!"
    assert hide("an answer", "a", "K") == "an answer"
    assert hide("an answer", None, None) == "an answer"
