"""`servers`, `stop` and `logs`: what this user's apps have launched, from any terminal."""

import argparse
import asyncio
import contextlib
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cli.output import write
from playground.errors import InvalidLaunch
from playground.settings import Settings

if TYPE_CHECKING:
    from playground.engines.launch.registry import Record, Registry

LINES = 200
READ_EVERY_S = 0.05  # a log keeps 5 MB that were not read yet
LOOK_EVERY_S = 0.5  # it reads the table of processes
LAST_LINES_S = 10.0  # for the app to note the end of a server, which a full disk may keep it from


def add(commands: Any) -> None:
    """The commands' parsers."""
    listed = commands.add_parser("servers", help="list the servers that were launched", allow_abbrev=False)
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(run=run_servers)
    stop = commands.add_parser("stop", help="stop a server and everything it started", allow_abbrev=False)
    stop.add_argument("name", help="the server's name, as `servers` lists it")
    stop.set_defaults(run=run_stop)
    logs = commands.add_parser("logs", help="print the log of a server", allow_abbrev=False)
    logs.add_argument("name", help="the server's name, as `servers` lists it")
    logs.add_argument("--lines", type=int, default=LINES, metavar="N", help=f"the last N lines (default {LINES})")
    logs.add_argument("--follow", action="store_true", help="follow the log until the server ends, or Ctrl-C")
    logs.set_defaults(run=run_logs)


def run_servers(arguments: argparse.Namespace, settings: Settings) -> int:
    """One line a server, the latest first: those that run, and for a day those that have ended."""
    registry = _registry(settings)
    registry.prune()
    records = registry.list_records()
    left = {survivor.record.id for survivor in registry.find_survivors()}
    if arguments.json:
        print(json.dumps([_facts(record, record.id in left) for record in records], indent=2, ensure_ascii=False))
        return 0
    if not records:
        print("No servers have been launched.", file=sys.stderr)
    for record in records:
        facts = _facts(record, record.id in left)
        print(f"{record.name:24} {record.engine:10} {facts['state']:12} {record.base_url:32} {record.model}")
    return 0


def run_stop(arguments: argparse.Namespace, settings: Settings) -> int:
    """Returns when none of its processes is left."""
    registry = _registry(settings)
    record = _find(registry, arguments.name, running=True)
    asyncio.run(registry.stop_record(record))
    print(f"{record.name} is stopped.", file=sys.stderr)
    return 0


def run_logs(arguments: argparse.Namespace, settings: Settings) -> int:
    """The end of the log, and with --follow what comes."""
    from playground.engines.launch.log_file import read_tail  # as below: most commands need none of it

    registry = _registry(settings)
    record = _find(registry, arguments.name)
    path = record.log_path(registry.folder)
    lines = (
        _following(path, arguments.lines, registry, record) if arguments.follow else read_tail(path, arguments.lines)
    )
    for line in lines:
        write(f"{line}\n", sys.stdout)
    return 0


def _registry(settings: Settings) -> "Registry":
    from playground.engines.launch.registry import Registry  # it takes a moment; most commands need none of it
    from playground.engines.launch.supervisor import default_folder

    return Registry(default_folder(settings.cache_dir))


def _find(registry: "Registry", name: str, *, running: bool = False) -> "Record":
    """The latest of that name.

    Raises:
        InvalidLaunch: there is none.
    """
    from playground.engines.launch.registry import is_running

    records = [record for record in registry.list_records() if not running or is_running(record)]
    for record in records:
        if record.name == name:
            return record
    there = ", ".join(dict.fromkeys(record.name for record in records)) or "none"
    what = "server runs" if running else "server is known"
    raise InvalidLaunch(f"No {what} by the name {name!r}.", advice=f"There are: {there}.")


def _facts(record: "Record", left: bool) -> dict[str, Any]:  # noqa: FBT001 - one caller
    ended = record.ended or "ended" if record.ended_at is not None else ""
    state = "left behind" if left else "ended" if ended else "ready" if record.ready else "loading"
    return {
        "name": record.name,
        "engine": record.engine,
        "model": record.model,
        "state": state,
        "ended": ended or None,
        "base_url": record.base_url,
        "started_at": record.started_at,
        "command": record.command,
        "pid": record.leader.pid if record.leader else None,
    }


def _following(path: Path, lines: int, registry: "Registry", record: "Record") -> Iterator[str]:
    """The last lines, then what is written, until the server has ended."""
    from playground.engines.launch.log_file import LogFollower

    with contextlib.closing(LogFollower(path, lines=lines)) as follower:
        looked_at, quiet_s = -math.inf, 0.0
        while quiet_s < LAST_LINES_S:
            if time.monotonic() - looked_at >= LOOK_EVERY_S:
                # Asked before the log is read: what was written before the end is read after it.
                quiet_s = _writes_no_more(registry.read(record), quiet_s)
                looked_at = time.monotonic()
            yield from follower.poll()
            time.sleep(READ_EVERY_S)


def _writes_no_more(record: "Record", before_s: float) -> float:
    """For how long nothing has written the log, in seconds: the app does after the server's end, and then notes it."""
    from playground.engines.launch.processes import is_alive
    from playground.engines.launch.registry import is_running

    if is_running(record):
        return 0.0
    noted = record.ended_at is not None or not is_alive(record.owner)
    return math.inf if noted else before_s + LOOK_EVERY_S
