"""Starts a program, and ends it with all its descendants when the app stops or dies.

    python -m playground.engines.guard GRACE_S -- PROGRAM ARGUMENT…

The guard's own input is a pipe that the app holds: when it closes, because the app asks or because it
was killed, the program gets SIGTERM, then after the grace SIGKILL, and so does whatever it started, also
what has left its process group. The guard exits with the program's status (128 + N after signal N). It
needs the standard library only.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

_USAGE = "usage: python -m playground.engines.guard GRACE_S -- PROGRAM [ARGUMENT…]"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_CLEANUP_S = 5.0
_LOOK_EVERY_S = 1.0


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

    def reap(self) -> None:
        """Collects what has exited: the program, and orphans that came to the guard."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, raw = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.process.pid:
                    code = os.waitstatus_to_exitcode(raw)
                    self.process.returncode = code
                    self.status = code if code >= 0 else 128 - code

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
        left = False
        now = _table()
        for pid, started in self._seen.items():
            row = now.get(pid)
            if row is not None and row[1] == started:
                left = True
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        return left or self.status is None


def descendants(root: int) -> dict[int, str]:
    """The processes below `root`, each with its start time, by which a reused number is told apart."""
    table = _table()
    children: dict[int, list[int]] = {}
    for pid, (parent, _) in table.items():
        children.setdefault(parent, []).append(pid)
    found: dict[int, str] = {}
    waiting = [root]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            if pid not in found:
                found[pid] = table[pid][1]
                waiting.append(pid)
    return found


def _table() -> dict[int, tuple[int, str]]:
    """Every process's parent and start time; zombies are left out."""
    if not Path("/proc/self/stat").exists():
        return _table_of_ps()
    table: dict[int, tuple[int, str]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name, in parentheses, may hold anything; the fields after the last one are plain.
                fields = Path(entry.path, "stat").read_bytes().rpartition(b")")[2].split()
                if fields[0] not in {b"Z", b"X"}:
                    table[int(entry.name)] = (int(fields[1]), fields[19].decode())
    return table


def _table_of_ps() -> dict[int, tuple[int, str]]:
    """The same where there is no /proc (macOS)."""
    argv = ["ps", "-axo", "pid=,ppid=,stat=,lstart="]
    listing = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)  # noqa: S603 - a constant
    table: dict[int, tuple[int, str]] = {}
    for line in listing.communicate()[0].splitlines():
        pid, parent, state, started = line.split(maxsplit=3)
        if not state.startswith("Z") and int(pid) != listing.pid:
            table[int(pid)] = (int(parent), started)
    return table


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


def guard(argv: Sequence[str], grace_s: float) -> int:
    """Runs `argv` until it ends, or until the guard's input closes or it gets SIGTERM.

    Args:
        argv: the program and its arguments.
        grace_s: how long the program may take over SIGTERM.

    Returns:
        The program's exit status, 128 + N if signal N ended it, 127 if there is no such program.
    """
    _adopt_orphans()
    signals_out, signals_in = os.pipe()
    os.set_blocking(signals_in, False)
    os.set_blocking(signals_out, False)
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            asked.append(number)

    signal.set_wakeup_fd(signals_in, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, note)
    signal.signal(signal.SIGTERM, note)
    for number in (signal.SIGINT, signal.SIGHUP):
        # A handler, not SIG_IGN: the program would inherit that. Ctrl-C is the app's to answer.
        signal.signal(number, note)
    try:
        guarded = _Guarded(argv)
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        return 127
    with selectors.DefaultSelector() as selector:
        selector.register(signals_out, selectors.EVENT_READ)
        # A file or a terminal cannot always be watched; the app gives a pipe.
        with contextlib.suppress(OSError, ValueError):
            selector.register(0, selectors.EVENT_READ)
        _watch(guarded, selector, signals_out, asked)
        if guarded.status is None:
            guarded.look()
            guarded.terminate()
            _wait(guarded, selector, signals_out, grace_s)
    deadline = time.monotonic() + _CLEANUP_S
    while guarded.kill_all() and time.monotonic() < deadline:
        time.sleep(0.02)
        guarded.reap()
    guarded.reap()
    return 128 + signal.SIGKILL if guarded.status is None else guarded.status


def _watch(guarded: _Guarded, selector: selectors.BaseSelector, signals: int, asked: list[int]) -> None:
    """Returns when the program has ended, or is to end."""
    while not asked:
        guarded.reap()
        if guarded.status is not None:
            return
        # Where orphans do not come to the guard, they are remembered from before they became such.
        adopts = sys.platform.startswith("linux")
        for key, _ in selector.select(None if adopts else _LOOK_EVERY_S):
            if key.fd == signals:
                _drain(signals)
            elif not os.read(0, 4096):
                return
        if not adopts:
            guarded.look()


def _wait(guarded: _Guarded, selector: selectors.BaseSelector, signals: int, grace_s: float) -> None:
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
            _drain(signals)


def _drain(signals: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(signals, 4096):
            pass


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    try:
        grace_s, dashes, *argv = arguments
        seconds = float(grace_s)
    except ValueError:
        argv, dashes, seconds = [], "", 0.0
    if dashes != "--" or not argv:
        sys.stderr.write(_USAGE + "\n")
        return 2
    return guard(argv, seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
