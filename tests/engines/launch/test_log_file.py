"""A log read by another process than its writer's: each line once, whatever the files do meanwhile."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engines.launch.log_file import LogFollower, read_tail
from playground.engines.launch.log_store import LogStore


def test_following_from_another_process_over_the_change_of_files(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=200)
    log.append(b"before\n")
    follower = LogFollower(tmp_path / "log")
    assert follower.poll() == []
    seen = []
    for number in range(40):
        log.append(f"line {number}\n".encode())
        seen += follower.poll()
    assert seen == [f"line {number}" for number in range(40)]
    follower.close()
    assert LogFollower(tmp_path / "none").poll() == []
    assert read_tail(tmp_path / "none") == []


@given(st.integers(0, 40), st.lists(st.integers(0, 9), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_every_line_once_also_where_a_file_fills_up_between_two_polls(
    tmp_path_factory: pytest.TempPathFactory, before: int, bursts: list[int]
) -> None:
    """A file holds ten lines here: between two polls at most one comes and goes."""
    path = tmp_path_factory.mktemp("logs") / "log"
    log, written = LogStore(path, max_bytes=200), 0

    def write(count: int) -> None:
        nonlocal written
        for _ in range(count):
            log.append(f"line {written:04}\n".encode())
            written += 1

    write(before)
    with closing(LogFollower(path, lines=5)) as follower:
        seen = follower.poll()
        assert seen == [f"line {number:04}" for number in range(max(0, before - 5), before)]
        for count in bursts:
            write(count)
            seen += follower.poll()
    first = written - len(seen)
    assert seen == [f"line {number:04}" for number in range(first, written)]
    assert len(seen) >= sum(bursts)
    log.close()


def test_a_file_that_came_and_went_between_two_polls(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=200)
    with closing(LogFollower(tmp_path / "log")) as follower:
        for number in range(25):  # 100 bytes a file, 10 bytes a line
            log.append(f"line {number:04}\n".encode())
        assert follower.poll() == [f"line {number:04}" for number in range(25)]


def test_the_last_lines_come_first_and_from_both_files(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=200)
    for number in range(12):
        log.append(f"line {number:04}\n".encode())
    with closing(LogFollower(tmp_path / "log", lines=4)) as follower:
        assert follower.poll() == ["line 0008", "line 0009", "line 0010", "line 0011"]
        log.append(b"more\n")
        assert follower.poll() == ["more"]
    assert read_tail(tmp_path / "log", 1) == ["more"]
    assert read_tail(tmp_path / "log", 0) == []


def test_more_than_is_read_at_once_is_read_before_the_next_file(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=6_000_000)
    follower = LogFollower(tmp_path / "log")
    lines = [f"{number:07}" + "x" * 92 for number in range(31_000)]  # a file and a little more
    log.append("".join(f"{line}\n" for line in lines[:30_000]).encode())
    log.append("".join(f"{line}\n" for line in lines[30_000:]).encode())
    assert (tmp_path / "log.1").stat().st_size == 3_000_000
    with closing(follower):
        assert follower.poll() == lines


def test_a_log_that_begins_later(tmp_path: Path) -> None:
    with closing(LogFollower(tmp_path / "log", lines=3)) as follower:
        assert follower.poll() == []
        log = LogStore(tmp_path / "log")
        log.append(b"one\ntwo\n")
        assert follower.poll() == ["one", "two"]


def test_half_a_line_waits_for_the_other_half(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes("ä".encode()[:1])
    with closing(LogFollower(path, lines=3)) as follower:
        assert follower.poll() == []
        with path.open("ab") as file:
            file.write("ä".encode()[1:] + b"\n")
        assert follower.poll() == ["ä"]


def test_between_the_renaming_and_the_next_file(tmp_path: Path) -> None:
    (tmp_path / "log.1").write_text("one\ntwo\n")
    with closing(LogFollower(tmp_path / "log", lines=1)) as follower:
        assert follower.poll() == ["two"]
        (tmp_path / "log").write_text("three\n")
        assert follower.poll() == ["three"]
