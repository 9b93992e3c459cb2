"""Keys live in memory, each for one visitor and backend, those of visitors who are here; ids are the app's own."""

import pytest

from playground.auth.visitors import IDLE_S, MAX_KEYS, VisitorIds, Visitors
from playground.errors import NoRoom


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_keys_are_apart() -> None:
    visitors = Visitors()
    visitors.set_key("a", "therouter", "one")
    visitors.set_key("a", "custom", "two")
    visitors.set_key("b", "therouter", "three")
    assert [visitors.key("a", "therouter"), visitors.key("a", "custom")] == ["one", "two"]
    assert [visitors.key("b", "therouter"), visitors.key("b", "custom")] == ["three", None]
    assert visitors.key(None, "therouter") is None


def test_an_empty_key_forgets() -> None:
    visitors = Visitors()
    visitors.set_key("a", "therouter", "one")
    visitors.set_key("a", "therouter", "")
    visitors.set_key("a", "never", "")
    assert visitors.key("a", "therouter") is None


def test_the_longest_idle_visitor_goes_first_and_none_who_is_here() -> None:
    clock = Clock()
    visitors = Visitors(limit=2, clock=clock)
    for name in ("a", "b", "a"):
        visitors.set_key(name, "therouter", f"key of {name}")
        clock.now += 1
    with pytest.raises(NoRoom):
        visitors.set_key("c", "therouter", "key of c")
    assert visitors.key("a", "therouter") == "key of a"
    clock.now += IDLE_S - 1
    visitors.set_key("c", "therouter", "key of c")
    assert [visitors.key(name, "therouter") for name in "abc"] == ["key of a", None, "key of c"]


def test_no_key_can_be_read_by_accident() -> None:
    visitors = Visitors()
    visitors.set_key("a", "therouter", "sk-recognisable")
    assert "sk-recognisable" not in repr(visitors._keys) + str(visitors._keys)


def test_a_visitor_has_so_many_keys() -> None:
    visitors = Visitors()
    visitors.set_key("b", "therouter", "of another")
    for number in range(MAX_KEYS + 1):
        visitors.set_key("a", f"server:{number}", f"key {number}")
    assert (visitors.key("a", "server:0"), visitors.key("a", "server:1")) == (None, "key 1")
    assert visitors.key("b", "therouter") == "of another"


def test_an_id_counts_only_if_this_start_of_the_app_gave_it() -> None:
    ids = VisitorIds()
    given = ids.issue()
    name, _, code = given.partition(".")
    assert ids.knows(given)
    others = VisitorIds().issue()
    for made_up in (
        None,
        "",
        ".",
        name,
        f"{name}.",
        f".{code}",
        f"{name}.{code[:-1]}",
        f"{name}x.{code}",
        others,
        "é.é",
    ):
        assert not ids.knows(made_up)
