"""Reading a server's log from another process than the one that writes it: its end, and what comes."""

import contextlib
import os
from collections import deque
from pathlib import Path
from typing import IO

_LONGEST_READ = 1_000_000


def read_tail(path: Path, lines: int = 200) -> list[str]:
    """The last lines of a log, from its two files; none where there is no log."""
    kept: deque[str] = deque(maxlen=max(0, lines))
    for file in (path.with_name(f"{path.name}.1"), path):
        with contextlib.suppress(OSError), file.open(encoding="utf-8", errors="replace", newline="\n") as content:
            kept.extend(line.rstrip("\n") for line in content)
    return list(kept)


class LogFollower:
    """Gives what is written after it was made, also over the change from a full file to the next."""

    def __init__(self, path: Path, *, from_end: bool = True) -> None:
        """Opens the log.

        Args:
            path: its file.
            from_end: whether what is there by now is left out.
        """
        self._path = path
        self._rest = b""
        self._file = _open(path)
        if from_end and self._file is not None:
            self._file.seek(0, os.SEEK_END)

    def poll(self) -> list[str]:
        """The lines since the last call; it does not wait."""
        lines = self._lines()
        if self._is_replaced():
            lines += self._lines()  # what came between the last read and the change
            self.close()
            self._file = _open(self._path)
            lines += self._lines()
        return lines

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _is_replaced(self) -> bool:
        try:
            now = self._path.stat()
        except OSError:
            return False
        return self._file is None or os.fstat(self._file.fileno()).st_ino != now.st_ino

    def _lines(self) -> list[str]:
        if self._file is None:
            return []
        *whole, self._rest = (self._rest + self._file.read(_LONGEST_READ)).split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


def _open(path: Path) -> IO[bytes] | None:
    with contextlib.suppress(OSError):
        return path.open("rb")
    return None
