"""Shared memory that a killed engine leaves: vLLM and NCCL keep queues in /dev/shm, which no process's end frees."""

import contextlib
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from playground.engines.launch.processes import Identity

_FOLDER = Path("/dev/shm")  # noqa: S108 - looked at, and files removed that a server of this app made
# As multiprocessing, SGLang, NCCL and PyTorch name theirs. Others stay: some keep a model's files there.
_NAMES = re.compile(r"psm_[0-9a-f]{8}|sem\.mp-\w+|sglang_\w+\.shm|nccl-\w+|torch_\d+_\w+")
_MAPPED = re.compile(rf"^\S+ \S+ \S+ \S+ \d+ +{re.escape(str(_FOLDER))}/([^/\n]+)$", re.MULTILINE)


def shared_by(processes: Iterable[Identity]) -> set[str]:
    """The names in /dev/shm that these processes have mapped, of the kinds that are known to be left."""
    found: set[str] = set()
    for each in processes:
        found |= _mapped(str(each.pid))
    return {name for name in found if _NAMES.fullmatch(name)}


def remove_left(names: Collection[str], since: float) -> list[str]:
    """Remove those that no process has mapped any more.

    Args:
        names: as `shared_by` gave them.
        since: seconds since 1970; what is older was not made by the server.

    Returns:
        The names that were removed.
    """
    there = [name for name in names if _NAMES.fullmatch(name) and _is_own(_FOLDER / name, since)]
    if not there:
        return []
    used: set[str] = set()
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                used |= _mapped(entry.name)
    removed = []
    for name in there:
        if name not in used:
            with contextlib.suppress(OSError):
                (_FOLDER / name).unlink()
                removed.append(name)
    return removed


def _mapped(pid: str) -> set[str]:
    with contextlib.suppress(OSError):
        return set(_MAPPED.findall(Path("/proc", pid, "maps").read_text(errors="replace")))
    return set()


def _is_own(path: Path, since: float) -> bool:
    with contextlib.suppress(OSError):
        status = path.lstat()
        return status.st_uid == os.getuid() and status.st_mtime >= since - 1
    return False
