"""Which processes are a server's: known by number and start time, by session, or by a mark in their environment."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from playground.engines.process import guard

MARK = "PLAYGROUND_SERVER"  # the variable that marks what a server starts, however far it goes from its session
_END_S = 10.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Identity:
    """One process. `started`: when, in the system's own words; a number that was given anew has another."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Known:
    """What tells a server's processes from all others.

    Attributes:
        mark: the value of `MARK` in their environment.
        leader: the process that the guard started; its number is also its session's and its group's.
        others: descendants that were seen.
    """

    mark: str
    leader: Identity | None = None
    others: tuple[Identity, ...] = ()


def identify(pid: int) -> Identity | None:
    """The process with this number, unless it has gone or is a zombie."""
    row = guard.table().get(pid)
    return Identity(pid, row.started) if row else None


def is_alive(process: Identity | None) -> bool:
    """Whether this very process runs; a zombie does not."""
    return process is not None and identify(process.pid) == process


def children_of(pid: int) -> tuple[Identity, ...]:
    """The processes below this one."""
    return tuple(Identity(each, started) for each, started in guard.descendants(pid).items())


def find_family(known: Known, *, but: Iterable[Identity | None] = ()) -> tuple[Identity, ...]:
    """The server's processes that run now, the leader first; those `but` are left out. It reads all of /proc."""
    rows = guard.table()
    found: dict[int, str] = {}
    for each in (known.leader, *known.others):
        if each is not None and each.pid in rows and rows[each.pid].started == each.started:
            found[each.pid] = each.started
    found |= _of_session(known.leader, rows)
    found |= {pid: rows[pid].started for pid in rows if _is_marked(pid, known.mark)}
    for pid in list(found):
        found |= guard.descendants(pid, rows)
    left_out = {os.getpid(), *(each.pid for each in but if each is not None)}
    return tuple(Identity(pid, started) for pid, started in found.items() if pid not in left_out)


def _of_session(leader: Identity | None, rows: Mapping[int, guard.Row]) -> dict[int, str]:
    """What shares the leader's session or group. The system gives no number anew while a session has it."""
    if leader is None or (leader.pid in rows and rows[leader.pid].started != leader.started):
        return {}
    own = {pid: row for pid, row in rows.items() if leader.pid in (row.session, row.group)}
    return {pid: row.started for pid, row in own.items() if not _is_earlier(row.started, leader.started)}


def _is_earlier(one: str, other: str) -> bool:
    return one.isdigit() and other.isdigit() and int(one) < int(other)


def _is_marked(pid: int, mark: str) -> bool:
    """Whether its environment has the mark; a program that writes a title for itself may have lost it."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{MARK}={mark}".encode() in content.split(b"\0")


async def end_family(known: Known, *, but: Iterable[Identity | None] = (), timeout_s: float = _END_S) -> list[Identity]:
    """SIGKILL to all that is left of a server, until nothing is; gives what outlived even that."""
    left_out = tuple(but)
    deadline = time.monotonic() + timeout_s
    while left := await asyncio.to_thread(find_family, known, but=left_out):
        await asyncio.to_thread(guard.kill_seen, {each.pid: each.started for each in left})
        if time.monotonic() >= deadline:
            return list(left)
        await asyncio.sleep(_LOOK_EVERY_S)
    return []


async def ask_to_end(process: Identity, grace_s: float) -> None:
    """SIGTERM, and at most the grace for it to go; what is left then is the caller's."""
    if not is_alive(process):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process.pid, signal.SIGTERM)
    await wait_gone(process, grace_s)


async def wait_gone(process: Identity, timeout_s: float) -> None:
    """Waits until it has gone, or the time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and await asyncio.to_thread(is_alive, process):  # noqa: ASYNC110 - no child
        await asyncio.sleep(_LOOK_EVERY_S)


def describe(process: Identity) -> tuple[str, int]:
    """Its name and the memory that it holds, in bytes; ("", 0) once it has gone."""
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(process.pid)
        with found.oneshot():
            return (found.name(), found.memory_info().rss)
    return ("", 0)


def this_machine() -> tuple[str, str]:
    """The machine's name, and its boot with the space of its process numbers: in another, numbers mean nothing."""
    parts = []
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return socket.gethostname(), " ".join(parts) or f"boot {psutil.boot_time() // 60:.0f}"
