"""`servers`, `stop` and `logs`: what this user's apps have launched, from any terminal."""

import argparse
import asyncio
import json
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
EVERY_S = 0.3


def add(commands: Any) -> None:
    """The commands' parsers."""
    listed = commands.add_parser("servers", help="list the servers that were launched", allow_abbrev=False)
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(run=run_servers)
    stop = commands.add_parser("stop", help="stop a server and all it started", allow_abbrev=False)
    stop.add_argument("name", help="as `servers` names it")
    stop.set_defaults(run=run_stop)
    logs = commands.add_parser("logs", help="print the log of a server", allow_abbrev=False)
    logs.add_argument("name", help="as `servers` names it")
    logs.add_argument("--lines", type=int, default=LINES, metavar="N", help=f"the last N lines (default {LINES})")
    logs.add_argument("--follow", action="store_true", help="go on until it ends, or Ctrl-C")
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
        print("No server was launched.", file=sys.stderr)
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
    registry = _registry(settings)
    record = _find(registry, arguments.name)
    path = record.log_path(registry.folder)
    for line in _last_lines(path, arguments.lines):
        write(line, sys.stdout)
    if arguments.follow:
        for text in _following(path, registry, record):
            write(text, sys.stdout)
    return 0


def _registry(settings: Settings) -> "Registry":
    from playground.engines.launch.registry import Registry  # it takes a moment; most commands need none of it
    from playground.engines.launch.supervisor import default_folder
    from playground.engines.models import default_cache_dir

    return Registry(default_folder(settings.cache_dir or default_cache_dir().parent))


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


def _last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log, which is in two files once it is long."""
    text = ""
    for part in (path.with_name(f"{path.name}.1"), path):
        text += part.read_text("utf-8", "replace") if part.is_file() else ""
    return text.splitlines(keepends=True)[-count:] if count > 0 else []


def _following(path: Path, registry: "Registry", record: "Record") -> Iterator[str]:
    """What is written from now on, until the server has ended."""
    from playground.engines.launch.registry import is_running

    with path.open(encoding="utf-8", errors="replace") as file:
        file.seek(0, 2)
        while True:
            runs = is_running(registry.read(record))
            while text := file.read():
                yield text
            if path.stat().st_size < file.tell():  # begun anew: the older half was put aside
                file.seek(0)
            elif not runs:
                return
            else:
                time.sleep(EVERY_S)
