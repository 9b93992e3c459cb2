"""Keys live in memory, each for one visitor and backend, the most recent visitors' only."""

from playground.server.visitors import Visitors


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


def test_the_oldest_visitor_goes_first() -> None:
    visitors = Visitors(limit=2)
    for name in ("a", "b", "a", "c"):
        visitors.set_key(name, "therouter", f"key of {name}")
    assert [visitors.key(name, "therouter") for name in "abc"] == ["key of a", None, "key of c"]


def test_no_key_can_be_read_by_accident() -> None:
    visitors = Visitors()
    visitors.set_key("a", "therouter", "sk-recognisable")
    assert "sk-recognisable" not in repr(visitors._keys) + str(visitors._keys)
