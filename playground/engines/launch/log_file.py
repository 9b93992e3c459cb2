"""Reading a server's log from another process than the one that writes it: its end, and what comes."""

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import IO

_READ_BYTES = 1_000_000
_TRIES = 20  # to open both files while neither is replaced


def read_tail(path: Path, lines: int = 200) -> list[str]:
    """The last lines of a log, from its two files; none where there is no log."""
    follower = LogFollower(path, lines=lines)
    try:
        return follower.poll()
    finally:
        follower.close()


class LogFollower:
    """Gives the last lines of a log, then what is written to it: every line once, whichever file it is in.

    `LogStore` renames a full file to `.1` and begins the next. A file that was replaced is read to its end through its
    open descriptor, and one that was filled and replaced between two polls is read from `.1`. Lines are lost only if
    two files were filled between two polls, since a log keeps no more than two.
    """

    def __init__(self, path: Path, *, lines: int = 0) -> None:
        """Opens the log; what it holds now is given by the first `poll`, what comes later by the others.

        Args:
            path: its file; it need not exist yet.
            lines: how many of the lines that are there by now are given.
        """
        self._path = path
        self._previous = path.with_name(f"{path.name}.1")
        self._rest = b""
        self._file: IO[bytes] | None = None
        self._first: deque[str] = deque(maxlen=max(0, lines))
        self._begin()

    def poll(self) -> list[str]:
        """The whole lines since the last call; it does not wait."""
        lines = [*self._first, *self._lines()]
        self._first.clear()
        while self._is_replaced():
            lines += self._lines()  # what came between the last read and the change
            self._rest = b""  # a line that a full disk cut off
            if not self._go_on():
                break
            lines += self._lines()
        return lines

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        """Reads both files up to now, into `_first`."""
        older, self._file = self._open_both()
        if older is not None and self._file is None:  # between the renaming and the next file
            self._file = older
        elif older is not None:
            with older:
                self._first.extend(_texts(older.read().split(b"\n")[:-1]))
        self._first.extend(self._lines())

    def _go_on(self) -> bool:
        """Opens the file that follows on the open one: the current one, or the one before it if that is new as well."""
        older, following = self._open_both()
        if older is not None:
            if self._file is None or not os.path.samestat(_stat(older), _stat(self._file)):
                older, following = following, older
            if older is not None:
                older.close()
        self.close()
        self._file = following
        return following is not None

    def _open_both(self) -> tuple[IO[bytes] | None, IO[bytes] | None]:
        """The file before the current one, and the current one, as they are at one moment."""
        for _ in range(_TRIES):
            older, current = _open(self._previous), _open(self._path)
            if _is_at(self._previous, older) and _is_at(self._path, current):
                return older, current
            for file in (older, current):
                if file is not None:
                    file.close()
        return None, None

    def _is_replaced(self) -> bool:
        """Whether the log's file is another than the one that is open."""
        return self._path.exists() and not _is_at(self._path, self._file)

    def _lines(self) -> list[str]:
        """The whole lines from here to the end of the open file."""
        lines: list[str] = []
        while self._file is not None and (data := self._file.read(_READ_BYTES)):
            *whole, self._rest = (self._rest + data).split(b"\n")
            lines += _texts(whole)
        return lines


def _texts(lines: list[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace") for line in lines]


def _stat(file: IO[bytes]) -> os.stat_result:
    return os.fstat(file.fileno())


def _is_at(path: Path, file: IO[bytes] | None) -> bool:
    """Whether this path still names the open file; None is a file that was not there."""
    try:
        now = path.stat()
    except OSError:
        return file is None
    return file is not None and os.path.samestat(now, _stat(file))


def _open(path: Path) -> IO[bytes] | None:
    with contextlib.suppress(OSError):
        return path.open("rb")
    return None
