"""The answer that was asked for last counts."""

from playground.ui.handlers.latest import Latest


def test_the_last_to_begin_is_the_last() -> None:
    latest = Latest()
    with latest.call("a") as first_is_last:
        assert first_is_last()
        with latest.call("a") as second_is_last, latest.call("b") as other_is_last:
            assert (first_is_last(), second_is_last(), other_is_last()) == (False, True, True)
        assert not first_is_last()  # the second was answered, and its answer is the newer one


def test_one_that_gives_way_counts_where_nothing_else_runs() -> None:
    latest = Latest()
    with latest.call("a", gives_way=True) as look_is_last:
        assert look_is_last()
        with latest.call("a") as switch_is_last, latest.call("a", gives_way=True) as later_look_is_last:
            assert (look_is_last(), switch_is_last(), later_look_is_last()) == (False, True, False)
        assert not look_is_last()


def test_nothing_is_kept() -> None:
    latest = Latest()
    with latest.call(None), latest.call(None):
        pass
    with latest.call("a") as is_last:
        assert is_last()
    assert vars(latest) == {"_last": {}}
