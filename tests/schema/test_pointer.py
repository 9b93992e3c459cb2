from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.schema.pointer import from_fragment, from_pointer, resolve, to_pointer

RFC = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_rfc(pointer: str, value: Any) -> None:
    assert resolve(RFC, pointer) == value


@given(st.lists(st.text()))
def test_there_and_back(tokens: list[str]) -> None:
    assert list(from_pointer(to_pointer(tokens))) == tokens


@pytest.mark.parametrize("pointer", ["/foo/2", "/foo/01", "/foo/-1", "/foo/-", "/nothing", "/foo/0/0", "/foo/²"])
def test_nothing_there(pointer: str) -> None:
    with pytest.raises(LookupError):
        resolve(RFC, pointer)


def test_not_a_pointer() -> None:
    with pytest.raises(ValueError, match="must begin with /"):
        from_pointer("foo")


def test_a_fragment_is_percent_encoded() -> None:
    assert from_fragment("#/a%20b/c~1d") == "/a b/c~1d"
