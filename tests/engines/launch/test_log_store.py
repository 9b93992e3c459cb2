"""A server's log: its offsets, its two files, its keys, and a disk that is full."""

import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engines.launch.log_file import read_tail
from playground.engines.launch.log_store import LogStore


def test_lines_end_at_cr_and_lf_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log")
    assert log.append(b"a\r\nb\rc\n\nd") == ["a", "b", "c"]
    assert log.append(b"e\n") == ["de"]
    assert log.read().lines == ["a", "b", "c", "de"]
    log.append(b"no end")
    log.close()
    assert log.tail(2) == ["de", "no end"]
    assert (tmp_path / "log").read_text() == "a\nb\nc\nde\nno end\n"
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_reading_on_from_an_offset(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log")
    log.append("äb\n".encode() * 3)
    page = log.read(0, limit=2)
    assert page.lines == ["äb", "äb"]
    assert log.read(page.next).lines == ["äb"]
    end = log.read(page.next).next
    assert (log.read(end).lines, end) == ([], log.end)
    assert log.read(10_000) == ([], log.end)
    log.append(b"more\n")
    assert log.read(end).lines == ["more"]
    assert log.read(1).lines == ["äb", "äb", "more"]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_pages_give_every_line_that_is_kept_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limit: int
) -> None:
    log = LogStore(tmp_path_factory.mktemp("logs") / "log", max_bytes=2000)
    lines = [f"{number:04}".ljust(size, ".") for number, size in enumerate(sizes)]
    for line in lines:
        log.append(f"{line}\n".encode())
    log._memory.clear()  # so that the files are read
    log._memory.append((log.end - len(lines[-1]) - 1, lines[-1].encode()))
    found, since = [], 0
    while since < log.end:
        page = log.read(since, limit)
        found += page.lines
        since = page.next
    assert found == lines[-len(found) :]
    assert len("\n".join(found)) >= min(900, len("\n".join(lines)))
    log.close()


def test_two_files_hold_the_last_of_it(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=10_000)
    for number in range(5000):
        log.append(f"line {number}\n".encode())
    sizes = [file.stat().st_size for file in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert 5_000 <= sum(sizes) <= 10_100
    assert log.oldest > 0 or log.tail(5000)
    assert read_tail(tmp_path / "log", 3) == ["line 4997", "line 4998", "line 4999"]
    assert log.tail(1) == ["line 4999"]


def test_keys_are_masked_wherever_a_chunk_ends(tmp_path: Path) -> None:
    text = b"token sk-0123456789 and sk-0123456789\n"
    for cut in range(len(text)):
        log = LogStore(tmp_path / f"log{cut}", secrets=["sk-0123456789", "abc"])
        log.append(text[:cut])
        log.append(text[cut:])
        log.close()
        assert log.tail() == ["token *** and ***"]
        assert b"sk-0" not in log.path.read_bytes()


@pytest.mark.parametrize("before", range(63_980, 64_010))
def test_also_in_a_line_without_end(tmp_path: Path, before: int) -> None:
    log = LogStore(tmp_path / "log", secrets=["sk-0123456789"])
    log.append(b"x" * before + b"sk-012")
    log.append(b"3456789" + b"y" * 70_000)
    log.close()
    whole = log.path.read_bytes().replace(b"\n", b"")
    assert whole == b"x" * before + b"***" + b"y" * 70_000


def test_a_full_disk_keeps_the_end_in_memory() -> None:
    log = LogStore(Path("/dev/full"))
    log.append(b"one\ntwo\n")
    assert "No space left on device" in log.note
    assert "memory" in log.note
    assert log.append(b"three\n") == ["three"]
    assert log.read().lines == ["one", "two", "three"]
    assert log.tail(1) == ["three"]
    log.close()


LIMITED = """
import resource, sys
from pathlib import Path
from playground.engines.launch.log_store import LogStore
now = [0.0]
log = LogStore(Path(sys.argv[1]), max_bytes=100_000, clock=lambda: now[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
for number in range(200):
    log.append(f"line {number:04} {'x' * 20}\\n".encode())
assert "File too large" in log.note, log.note
assert len(log.read(0, 1000).lines) == 200, len(log.read(0, 1000).lines)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
now[0] = 11
log.append(b"again\\n")
assert log.note == ""
log.close()
data = Path(sys.argv[1]).read_bytes()
assert data == b"again\\n", data
old = Path(sys.argv[1] + ".1").read_text().splitlines()
assert old[-1].startswith("line 00") and all(len(line) == 30 for line in old)
print(log.tail(1))
"""


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    argv = [sys.executable, "-c", LIMITED, str(tmp_path / "log")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    assert "again" in done.stdout


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "none" / "log")
    log.append(b"line\n")
    assert "No such file" in log.note
    assert log.read().lines == ["line"]


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("keep me")
    (tmp_path / "log").symlink_to(tmp_path / "other")
    log = LogStore(tmp_path / "log")
    log.append(b"line\n")
    assert (tmp_path / "other").read_text() == "keep me"
    assert log.note


def test_memory_is_bounded_also_for_short_lines(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log")
    for _ in range(20):
        log.append(b"y\n" * 60_000)
    assert len(log._memory) < 10_000
    assert log.end == 2_400_000


def test_it_goes_on_after_what_is_there(tmp_path: Path) -> None:
    first = LogStore(tmp_path / "log")
    first.append(b"one\ntwo\n")
    first.close()
    second = LogStore(tmp_path / "log", resume=True)
    second.append(b"three\n")
    second.close()
    assert second.read().lines == ["one", "two", "three"]
    assert read_tail(tmp_path / "log") == ["one", "two", "three"]


def test_readers_while_it_is_written(tmp_path: Path) -> None:
    log = LogStore(tmp_path / "log", max_bytes=50_000)
    done = threading.Event()

    def write() -> None:
        for number in range(3000):
            log.append(f"line {number}\n".encode())
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[str] = []
    since = 0
    while not done.is_set() or since < log.end:
        page = log.read(since)
        seen += page.lines
        since = page.next
    writer.join()
    numbers = [int(line.split()[1]) for line in seen]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 2999
