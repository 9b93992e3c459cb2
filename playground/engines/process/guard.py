"""Starts a program, and ends it with all its descendants when the app stops or dies.

    python -m playground.engines.process.guard GRACE_S -- PROGRAM ARGUMENT…
    python -m playground.engines.process.guard GRACE_S --adopt PID:START PID:START…

The guard's own input is a pipe that the app holds: when it closes, because the app asks or because it
was killed, the program gets SIGTERM, then after the grace SIGKILL, and so does whatever it started, also
what has left its process group. The guard exits with the program's status (128 + N after signal N). It
needs the standard library only.

GRACE_S may be two numbers, `15/4`: the second holds where the pipe closes without a SIGTERM to the guard, that
is, where the app was killed.

With `--adopt` the program runs already, and its guard has gone: this one takes the guard's place. The first process
is the program's, the others are what it started; START is the start time as `table` gives it. The exit status of
what is not a child cannot be known: it is 0.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

_USAGE = (
    "usage: python -m playground.engines.process.guard GRACE_S[/GRACE_S] (-- PROGRAM [ARGUMENT…] | --adopt PID:START…)"
)
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CLEANUP_S = 5.0
_LOOK_EVERY_S = 1.0
_NO_SESSION = -1


class Row(NamedTuple):
    """One process: its parent's number, its start time, its group's and its session's number (-1: unknown)."""

    parent: int
    started: str
    group: int
    session: int


class _Guarded:
    """One program, its status once it has one, and the descendants seen so far."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - an argument list, given by the app
            argv,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - the guard has one thread
        )
        self.status: int | None = None
        self._seen: dict[int, str] = {}

    def reap(self) -> bool:
        """Collects what has exited: the program, and orphans that came to the guard; whether any child is left."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, raw = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self.process.pid:
                    code = os.waitstatus_to_exitcode(raw)
                    self.process.returncode = code
                    self.status = code if code >= 0 else 128 - code
        return False

    def look(self) -> None:
        """Remembers the descendants that there are now."""
        self._seen |= descendants(os.getpid())

    def terminate(self) -> None:
        """Asks the program, and only it, to end."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGTERM)

    def kill_all(self) -> bool:
        """SIGKILL to the group and to each descendant seen; whether any was left."""
        self.look()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return kill_seen(self._seen) or self.status is None


class _Adopted:
    """A program that another guard started; it is not a child, so it is looked at again and again."""

    def __init__(self, watched: Mapping[int, str]) -> None:
        self._leader = next(iter(watched))
        self._seen = dict(watched)

    def runs(self) -> bool:
        """Whether the program itself still runs; what it has started by now is remembered."""
        now = table()
        for pid in still_there(self._seen, now):
            self._seen |= descendants(pid, now)
        return bool(still_there({self._leader: self._seen[self._leader]}, now))

    def terminate(self) -> None:
        """Asks the program, and only it, to end."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._leader, signal.SIGTERM)

    def kill_all(self) -> bool:
        """SIGKILL to all that was seen, and to what shares the program's session; whether any was left."""
        self.runs()
        now = table()
        row = now.get(self._leader)
        if row is None or row.started == self._seen[self._leader]:  # else its number is another's now
            self._seen |= {pid: each.started for pid, each in now.items() if self._leader in (each.group, each.session)}
        return kill_seen(self._seen)


def still_there(seen: Mapping[int, str], now: Mapping[int, Row]) -> list[int]:
    """Those of `seen` that run, and are no others with the same number."""
    return [pid for pid, started in seen.items() if pid in now and now[pid].started == started]


def kill_seen(seen: Mapping[int, str]) -> bool:
    """SIGKILL to each that still runs; whether any did."""
    left = still_there(seen, table())
    for pid in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return bool(left)


def descendants(root: int, now: Mapping[int, Row] | None = None) -> dict[int, str]:
    """The processes below `root`, each with its start time, by which a reused number is told apart."""
    rows = table() if now is None else now
    children: dict[int, list[int]] = {}
    for pid, row in rows.items():
        children.setdefault(row.parent, []).append(pid)
    found: dict[int, str] = {}
    waiting = [root]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            if pid not in found:
                found[pid] = rows[pid].started
                waiting.append(pid)
    return found


def table() -> dict[int, Row]:
    """Every process by its number; zombies are left out, unless threads of theirs still run."""
    if not Path("/proc/self/stat").exists():
        return _table_of_ps()
    rows: dict[int, Row] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name, in parentheses, may hold anything; the fields after the last one are plain.
                fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
                if fields[0] not in {b"Z", b"X"} or int(fields[17]) > 1:
                    rows[int(entry.name)] = Row(int(fields[1]), fields[19].decode(), int(fields[2]), int(fields[3]))
    return rows


def _table_of_ps() -> dict[int, Row]:
    """The same where there is no /proc (macOS)."""
    argv = ["ps", "-axo", "pid=,ppid=,pgid=,stat=,lstart="]
    listing = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a constant
    rows: dict[int, Row] = {}
    for line in listing.communicate()[0].splitlines():
        pid, parent, group, state, started = line.split(maxsplit=4)
        if not state.startswith("Z") and int(pid) != listing.pid:
            rows[int(pid)] = Row(int(parent), started, int(group), _NO_SESSION)
    return rows


def _die_with_parent() -> Callable[[], None] | None:
    """What the program's process runs before the program: Linux then kills it when the guard dies."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    guard = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != guard:
            os._exit(1)

    return ask


def _adopt_orphans() -> None:
    """Linux then gives the guard each descendant whose parent has ended, so that the walk finds it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class _Asked:
    """What the guard is told: signals, and its input's end."""

    def __init__(self) -> None:
        self.sigterm = False
        self.wake, wake_in = os.pipe()
        os.set_blocking(wake_in, False)
        os.set_blocking(self.wake, False)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        # A handler for each, not SIG_IGN: the program would inherit that. Ctrl-C is the app's to answer.
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self.sigterm = True

    def selector(self) -> selectors.BaseSelector:
        """What to wait on: a wake-up by a signal, and the input."""
        selector = selectors.DefaultSelector()
        selector.register(self.wake, selectors.EVENT_READ)
        # A file or a terminal cannot always be watched; the app gives a pipe.
        with contextlib.suppress(OSError, ValueError):
            selector.register(0, selectors.EVENT_READ)
        return selector


def guard(argv: Sequence[str], grace_s: float, orphan_grace_s: float | None = None) -> int:
    """Runs `argv` until it ends, or until the guard's input closes or it gets SIGTERM.

    Args:
        argv: the program and its arguments.
        grace_s: how long the program may take over SIGTERM.
        orphan_grace_s: the same where the app has died; None for `grace_s`.

    Returns:
        The program's exit status, 128 + N if signal N ended it, 127 if there is no such program.
    """
    _adopt_orphans()
    asked = _Asked()
    try:
        guarded = _Guarded(argv)
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        return 127
    with asked.selector() as selector:
        _watch(guarded, selector, asked)
        if guarded.status is None:
            guarded.look()
            guarded.terminate()
            _wait(guarded, selector, asked, grace_s if asked.sigterm or orphan_grace_s is None else orphan_grace_s)
    deadline = time.monotonic() + _CLEANUP_S
    # Until each is collected: before that, the memory of one with many threads may not be free.
    while (guarded.kill_all() | guarded.reap()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return 128 + signal.SIGKILL if guarded.status is None else guarded.status


def adopt(watched: Mapping[int, str], grace_s: float, orphan_grace_s: float | None = None) -> int:
    """Takes the place of a guard that has gone, until the program ends, the input closes or SIGTERM comes.

    Args:
        watched: the program first, then what it started: number to start time.
        grace_s: how long the program may take over SIGTERM.
        orphan_grace_s: the same where the app has died; None for `grace_s`.
    """
    asked = _Asked()
    adopted = _Adopted(watched)
    with asked.selector() as selector:
        while adopted.runs() and not asked.sigterm and not _told(selector, asked, _LOOK_EVERY_S / 4):
            pass
    adopted.terminate()
    deadline = time.monotonic() + (grace_s if asked.sigterm or orphan_grace_s is None else orphan_grace_s)
    while adopted.runs() and time.monotonic() < deadline:
        time.sleep(0.05)
    deadline = time.monotonic() + _CLEANUP_S
    while adopted.kill_all() and time.monotonic() < deadline:
        time.sleep(0.02)
    return 0


def _told(selector: selectors.BaseSelector, asked: _Asked, timeout_s: float | None) -> bool:
    """Waits for a signal or the input, and says whether the input has closed."""
    for key, _ in selector.select(timeout_s):
        if key.fd == asked.wake:
            _drain(asked.wake)
        elif not os.read(0, 4096):
            return True
    return False


def _watch(guarded: _Guarded, selector: selectors.BaseSelector, asked: _Asked) -> None:
    """Returns when the program has ended, or is to end."""
    # Where orphans do not come to the guard, they are remembered from before they became such.
    adopts = sys.platform.startswith("linux")
    while not asked.sigterm:
        guarded.reap()
        if guarded.status is not None or _told(selector, asked, None if adopts else _LOOK_EVERY_S):
            return
        if not adopts:
            guarded.look()


def _wait(guarded: _Guarded, selector: selectors.BaseSelector, asked: _Asked, grace_s: float) -> None:
    """Waits for the program to end, at most the grace."""
    with contextlib.suppress(KeyError):
        selector.unregister(0)
    deadline = time.monotonic() + grace_s
    while True:
        guarded.reap()
        left = deadline - time.monotonic()
        if guarded.status is not None or left <= 0:
            return
        if selector.select(left):
            _drain(asked.wake)


def _drain(signals: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(signals, 4096):
            pass


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    try:
        graces, mode, *rest = arguments
        grace_s, *orphan = map(float, graces.split("/", 1))
        pairs = [word.partition(":") for word in rest] if mode == "--adopt" else []
        watched = {int(pid): started for pid, _, started in pairs}
    except ValueError:
        mode, rest, watched, grace_s, orphan = "", [], {}, 0.0, []
    if watched:
        return adopt(watched, grace_s, *orphan)
    if mode == "--" and rest:
        return guard(rest, grace_s, *orphan)
    sys.stderr.write(_USAGE + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
