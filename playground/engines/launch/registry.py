"""Servers on disk, one JSON file each: for the command line, and for what is left where the app was killed."""

import asyncio
import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from playground.engines.launch.processes import (
    Identity,
    Known,
    ask_to_end,
    describe,
    end_family,
    find_family,
    identify,
    is_alive,
    this_machine,
    wait_gone,
)
from playground.engines.launch.shared_memory import remove_left
from playground.environment import child_environment
from playground.errors import EngineError

KEEP_S = 86_400.0  # a server that has ended is shown, with its log, for a day
_FOREIGN_S = 30 * 86_400.0  # another machine's, in a home that both have
_GRACE_S = 15.0
_CLEAN_UP_S = 30.0
_GUARD_S = 15.0  # the guard's own time after the grace


class Record(BaseModel):
    """What is known of a server, as it is on disk.

    Attributes:
        id: 16 hexadecimal digits, also the mark in the environment of its processes.
        spec: the `LaunchSpec` without its key, and without values of variables that look like keys.
        command: as it is shown, for a POSIX shell.
        host, port, base_url: where it listens, and where this machine's requests go.
        log: the log's file name in the folder of the records.
        machine, boot: where these process numbers hold.
        owner, guard, leader: the app, the guard, and the engine's first process, whose number is also its group's
            and its session's.
        others: the engine's other processes, as last seen.
        shared: the names of the shared memory that they have mapped.
        cleanup: a command that ends what is not a process of this machine's own: a container.
        started_at, ended_at: seconds since 1970.
        ready: whether it has answered.
        ended: how it ended, in words.
        stop_asked: whether a command asked for its end.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    id: str
    name: str
    engine: str
    model: str
    spec: Mapping[str, Any]
    command: str
    host: str
    port: int
    base_url: str
    log: str
    machine: str
    boot: str
    owner: Identity
    guard: Identity | None = None
    leader: Identity | None = None
    others: tuple[Identity, ...] = ()
    shared: tuple[str, ...] = ()
    cleanup: tuple[str, ...] = ()
    started_at: float
    ended_at: float | None = None
    ready: bool = False
    ended: str = ""
    stop_asked: bool = False

    @property
    def known(self) -> Known:
        """What tells its processes."""
        return Known(self.id, self.leader, self.others)

    @property
    def is_here(self) -> bool:
        """Whether its process numbers are those of this machine, since its last boot."""
        return (self.machine, self.boot) == this_machine()

    def log_path(self, folder: Path) -> Path:
        """Its log, in the folder of the records."""
        return folder / Path(self.log).name


@dataclass(frozen=True, slots=True)
class Survivor:
    """What is left of a server whose app and guard have gone.

    Attributes:
        record: what is known of it.
        processes: those that run; the leader, if it does, comes first.
        titles: their names.
        memory_bytes: what they hold of this machine's memory; a GPU's is not counted.
        can_adopt: whether its first process lives, so that it may still answer. vLLM's workers without it are of no
            use to anyone.
    """

    record: Record
    processes: tuple[Identity, ...]
    titles: tuple[str, ...]
    memory_bytes: int
    can_adopt: bool


def file_stem(name: str, number: str) -> str:
    """What a server's files are called: its name with all that a file name may not have replaced, and its number."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:60]
    return f"{plain or 'server'}-{number[:8]}"


def key_files(folder: Path, record: Record, suffixes: Sequence[str]) -> list[Path]:
    """Where files with a server's key are kept until it is ready: one for each suffix."""
    stem = file_stem(record.name, record.id)
    return [folder / f"{stem}.key{number}{suffix}" for number, suffix in enumerate(suffixes)]


async def clean_up(record: Record) -> None:
    """Runs the command that ends a server's container; it fails where there is none any more, and may."""
    if not record.cleanup:
        return
    with contextlib.suppress(OSError):
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *record.cleanup, stdin=quiet, stdout=quiet, stderr=quiet, env=child_environment()
        )
        try:
            await asyncio.wait_for(process.wait(), _CLEAN_UP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


class Registry:
    """The records in a folder. All of it is small files, read and written at once."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder, 0700, if it is not there."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def write(self, record: Record) -> None:
        """Write a record, 0600, so that no reader ever sees half of one.

        Raises:
            OSError: the disk does not take it.
        """
        path = self.path_of(record)
        coming = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            file = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as text:
                json.dump(record.model_dump(mode="json"), text, indent=1)
            coming.replace(path)
        except OSError:
            coming.unlink(missing_ok=True)
            raise

    def path_of(self, record: Record) -> Path:
        """The record's own file."""
        return self.folder / f"{file_stem(record.name, record.id)}.json"

    def read(self, record: Record) -> Record:
        """The record as it now is on disk; itself where it is not there."""
        return _load(self.path_of(record)) or record

    def list_records(self) -> list[Record]:
        """All records, the latest first; files that are none are passed over."""
        records = [record for path in self.folder.glob("*.json") if (record := _load(path)) is not None]
        return sorted(records, key=lambda record: record.started_at, reverse=True)

    def remove(self, record: Record) -> None:
        """Remove a record with its log."""
        log = record.log_path(self.folder)
        for path in (self.path_of(record), log, log.with_name(f"{log.name}.1"), *self._key_files(record)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def end(self, record: Record, words: str) -> Record:
        """Note that a server has ended, and remove what it left in memory; the record is kept a day for its log."""
        for path in self._key_files(record):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        record = self.read(record)
        if record.is_here:
            remove_left(record.shared, record.started_at)
        ended = record.model_copy(update={"ended_at": time.time(), "ended": words})
        with contextlib.suppress(OSError):
            self.write(ended)
        return ended

    def _clean_up_now(self, record: Record) -> None:
        others = (each for each in self.list_records() if each.id != record.id and each.cleanup == record.cleanup)
        if record.cleanup and not any(is_running(each) for each in others):
            quiet = subprocess.DEVNULL
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run(  # noqa: S603 - an argument list
                    record.cleanup,
                    stdin=quiet,
                    stdout=quiet,
                    stderr=quiet,
                    env=child_environment(),
                    timeout=_CLEAN_UP_S,
                    check=False,
                )

    def _key_files(self, record: Record) -> list[Path]:
        """Files with its key, left by an app that was killed while it was loading."""
        return list(self.folder.glob(f"{file_stem(record.name, record.id)}.key*"))

    def prune(self, now: float | None = None) -> None:
        """Remove what ended more than a day ago, and note what ended without the app seeing it.

        A container may have outlived its client there: its `cleanup` is run, for seconds at most.
        """
        at = time.time() if now is None else now
        for record in self.list_records():
            if record.ended_at is not None:
                if at - record.ended_at > KEEP_S:
                    self.remove(record)
            elif record.machine != this_machine()[0]:
                if at - record.started_at > _FOREIGN_S:
                    self.remove(record)
            elif not record.is_here:
                self.end(record, "the machine was restarted")
            elif not is_alive(record.owner) and not is_running(record):
                self._clean_up_now(record)
                self.end(record, "the app was killed, and the server with it")

    def find_survivors(self) -> list[Survivor]:
        """What is left of servers whose app and guard have both gone; while the guard lives it is ending them."""
        found = []
        for record in self.list_records():
            if record.ended_at is not None or not record.is_here or is_alive(record.owner) or is_alive(record.guard):
                continue
            if processes := find_family(record.known):
                told = [describe(each) for each in processes]
                found.append(
                    Survivor(
                        record,
                        processes,
                        tuple(name for name, _ in told),
                        sum(size for _, size in told),
                        can_adopt=processes[0] == record.leader,
                    )
                )
        return found

    async def stop_record(self, record: Record, *, grace_s: float = _GRACE_S) -> None:
        """Stop a server from any process of this user: its guard is asked, or, where that has gone, all are ended.

        Returns when none of its processes is left; the app that holds it sees that it was asked for.

        Raises:
            EngineError: it is another machine's, or something survived SIGKILL.
        """
        if not record.is_here:
            raise EngineError(
                f"{record.name} was started on {record.machine}, in another run of it.",
                advice="Stop it there; a record of an earlier boot is removed automatically.",
            )
        record = self.read(record)
        with contextlib.suppress(OSError):
            self.write(record.model_copy(update={"stop_asked": True}))
        if record.guard is not None and is_alive(record.guard):
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.guard.pid, signal.SIGTERM)
            await wait_gone(record.guard, grace_s + _GUARD_S)
        elif record.leader is not None:
            await ask_to_end(record.leader, grace_s)
        left = await end_family(self.read(record).known)
        if left:
            numbers = ", ".join(str(each.pid) for each in left)
            raise EngineError(
                f"{record.name}: the processes {numbers} survived SIGKILL.",
                advice="They hang in the kernel, usually in a driver: check dmesg.",
            )
        if not is_alive(record.owner):
            await clean_up(record)
            self.end(record, "stopped by a command")


def is_running(record: Record) -> bool:
    """Whether anything of a server runs: its guard, or a process of its own."""
    if record.ended_at is not None or not record.is_here:
        return False
    return is_alive(record.guard) or bool(find_family(record.known))


def this_app() -> Identity:
    """This process."""
    me = identify(os.getpid())
    if me is None:  # pragma: no cover - it is reading its own entry
        raise EngineError("This process does not find itself in the table of processes.")
    return me


def _load(path: Path) -> Record | None:
    try:
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
