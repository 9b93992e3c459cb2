"""The log of one server: its last 10 MB on disk in two files, its end in memory, and its keys in neither."""

import contextlib
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_BYTES = 10_000_000
MASK = "***"
_TAIL_BYTES = 1_000_000
_LINE_OVERHEAD = 120  # what Python takes for a line beside its bytes, counted so that a flood of short ones is bounded
_LINE_BYTES = 64_000
_RETRY_S = 10.0
_SHORTEST_SECRET = 4
_LINE_END = re.compile(rb"\r\n|\r|\n")


class LogPage(NamedTuple):
    """Some lines, and the offset at which the next ones begin."""

    lines: list[str]
    next: int


@dataclass(slots=True)
class _Segment:
    """A file that holds `size` bytes of the log, the first of them at the offset `base`."""

    path: Path
    base: int
    size: int = 0

    @property
    def end(self) -> int:
        return self.base + self.size


class LogStore:
    """Takes what a server prints; told apart by offsets, which count the bytes of all lines since its start.

    Lines end at CR, LF or both, since progress bars end theirs with CR; empty lines are left out. The file is
    `path`, and the one before it `path` with `.1`; each holds half of `max_bytes`, so that between half and all of it
    is kept. Where the disk takes no more, the last megabyte in memory goes on, and `note` says so.

    `append` and the readers may be called from different threads; each takes a lock, and reads or writes a file.
    """

    def __init__(
        self,
        path: Path,
        *,
        secrets: Iterable[str] = (),
        max_bytes: int = MAX_BYTES,
        resume: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins the log.

        Args:
            path: its file, 0600; its folder must exist.
            secrets: texts that are masked, each of 4 characters or more: shorter ones would mask half the log.
            max_bytes: how much is kept on disk.
            resume: whether it goes on after what the file holds; else that is written over.
            clock: seconds, by which a full disk is tried again.
        """
        self.path = path
        self.note = ""
        self._half = max(1, max_bytes // 2)
        self._clock = clock
        kept = sorted({secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
        words = b"|".join(re.escape(secret.encode()) for secret in kept)
        self._secrets = re.compile(words) if words else None
        self._longest = max((len(secret.encode()) for secret in kept), default=1)
        self._lock = threading.Lock()
        self._rest = b""
        self._end = 0
        self._memory: deque[tuple[int, bytes]] = deque()
        self._memory_bytes = 0
        self._segments: list[_Segment] = []
        self._file: int | None = None
        self._retry_at = 0.0
        if resume:
            self._take_up()
        else:
            with contextlib.suppress(OSError):
                _previous(path).unlink(missing_ok=True)
        self._open(self._end)

    @property
    def end(self) -> int:
        """The offset after the last whole line."""
        return self._end

    @property
    def oldest(self) -> int:
        """The offset of the oldest line that is kept; more than 0 once lines were dropped."""
        with self._lock:
            starts = [segment.base for segment in self._segments if segment.size]
            starts += [self._memory[0][0]] if self._memory else []
            return min(starts, default=self._end)

    def append(self, data: bytes) -> list[str]:
        """Take some output, and give the lines that it completed, masked."""
        with self._lock:
            *whole, rest = _LINE_END.split(self._rest + data)
            if len(rest) > _LINE_BYTES:
                # Masked before the cut, and cut before what may be the beginning of a key.
                rest = self._mask(rest)
                whole.append(rest[: len(rest) - self._longest + 1])
                rest = rest[len(rest) - self._longest + 1 :]
            self._rest = rest
            return self._keep([self._mask(line) for line in whole if line])

    def close(self) -> None:
        """Write the last line, if it has no end, and close the file; it can still be read."""
        with self._lock:
            rest, self._rest = self._rest, b""
            if rest:
                self._keep([self._mask(rest)])
            if self._file is not None:
                os.close(self._file)
                self._file = None
                self._retry_at = float("inf")

    def tail(self, lines: int = 200) -> list[str]:
        """The last lines, from memory: at most a megabyte."""
        with self._lock:
            last = list(self._memory)[-lines:] if lines > 0 else []
        return [_text(line) for _, line in last]

    def read(self, since: int = 0, limit: int = 1000) -> LogPage:
        """The lines from an offset on.

        Args:
            since: 0, or what an earlier page gave as `next`. Where those lines were dropped, the oldest come.
            limit: how many lines at most.
        """
        with self._lock:
            if not self._memory or since >= self._end:
                return LogPage([], self._end)
            if since < self._memory[0][0]:
                for segment in self._segments:
                    if segment.size and since < segment.end and segment.base < self._memory[0][0]:
                        page = self._read_file(segment, max(since, segment.base), limit)
                        if page is not None:
                            return page
            found: list[tuple[int, bytes]] = []
            for entry in reversed(self._memory):
                if entry[0] < since:
                    break
                found.append(entry)
            found = found[::-1][:limit]
            end = found[-1][0] + len(found[-1][1]) + 1 if found else self._end
            return LogPage([_text(line) for _, line in found], end)

    def _mask(self, line: bytes) -> bytes:
        return self._secrets.sub(MASK.encode(), line) if self._secrets else line

    def _keep(self, lines: list[bytes]) -> list[str]:
        if not lines:
            return []
        start = self._end
        for line in lines:
            self._remember(line)
        self._write(start, b"\n".join(lines) + b"\n")
        return [_text(line) for line in lines]

    def _write(self, start: int, data: bytes) -> None:
        if self._file is None:
            if self._clock() < self._retry_at:
                return
            self._open(start)
        if self._file is None:
            return
        segment = self._segments[-1]
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            self._fail(error)
            return
        segment.size += len(data)
        self.note = ""
        if segment.size >= self._half:
            os.close(self._file)
            self._file = None
            self._open(self._end)

    def _open(self, base: int = 0) -> None:
        """Begins a file for what comes from `base` on; the one that was there becomes the one before it."""
        self._file = None
        try:
            if self._segments and self._segments[-1].size:
                last = self._segments[-1]
                self.path.replace(_previous(self.path))
                self._segments = [_Segment(_previous(self.path), last.base, last.size)]
            else:
                self._segments = self._segments[:-1]
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            self._fail(error)
            return
        self._segments.append(_Segment(self.path, base))

    def _fail(self, error: OSError) -> None:
        """The disk does not take it: it is tried again after a while, in a new file, since lines are missing."""
        self.note = f"The log is kept in memory only, its last megabyte: {self.path}: {error.strerror}."
        self._retry_at = self._clock() + _RETRY_S
        if self._file is not None:
            with contextlib.suppress(OSError):  # a line that was written in part
                os.ftruncate(self._file, self._segments[-1].size)
            os.close(self._file)
            self._file = None

    def _take_up(self) -> None:
        """Counts what an earlier store left on disk, and takes its end into memory."""
        for path in (_previous(self.path), self.path):
            with contextlib.suppress(OSError):
                content = path.read_bytes()
                content = content[: content.rfind(b"\n") + 1]
                self._segments.append(_Segment(path, self._end, len(content)))
                for line in _split(content):
                    self._remember(line.rstrip(b"\n"))

    def _remember(self, line: bytes) -> None:
        self._memory.append((self._end, line))
        self._memory_bytes += len(line) + _LINE_OVERHEAD
        self._end += len(line) + 1
        while self._memory_bytes > _TAIL_BYTES and len(self._memory) > 1:
            self._memory_bytes -= len(self._memory.popleft()[1]) + _LINE_OVERHEAD

    def _read_file(self, segment: _Segment, since: int, limit: int) -> LogPage | None:
        """At most `limit` lines of a file; None where it cannot be read. The lock is held."""
        lines: list[str] = []
        place = since
        try:
            with segment.path.open("rb") as file:
                # An offset inside a line, which only a caller's error gives, is moved to the next line.
                if since > segment.base:
                    file.seek(since - segment.base - 1)
                    place += len(file.readline()) - 1
                while len(lines) < limit and place < segment.end and (line := file.readline()):
                    lines.append(_text(line.rstrip(b"\n")))
                    place += len(line)
        except OSError:
            return None
        return LogPage(lines, place) if lines else None

    def _bytes(self, segment: _Segment) -> bytes:
        try:
            with segment.path.open("rb") as file:
                return file.read(segment.size)
        except OSError:
            return b""


def _previous(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _split(content: bytes) -> list[bytes]:
    """Lines with their ends; only LF ends one, unlike in `splitlines`."""
    return [line + b"\n" for line in content.split(b"\n")[:-1]]
