"""A launch that is ready to be started: its record, its arguments, its environment, and the files that hold its key."""

import contextlib
import os
import secrets as random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.launch.environment import build_environment, find_secrets, shown_command, without_secrets
from playground.engines.launch.ports import local_url
from playground.engines.launch.processes import this_machine
from playground.engines.launch.registry import Record, file_stem, key_files, this_app
from playground.engines.spec import LaunchSpec


@dataclass(frozen=True, slots=True)
class PreparedLaunch:
    """What is started.

    Attributes:
        record: what will be on disk of it.
        argv: program and arguments.
        env: its whole environment.
        secrets: texts that its log must not hold.
        files: path to text, for an engine that takes its key from a file.
    """

    record: Record
    argv: tuple[str, ...]
    env: Mapping[str, str]
    secrets: tuple[str, ...]
    files: Mapping[Path, str]

    def write_files(self) -> None:
        """Write the key's files, 0600.

        Raises:
            OSError: the disk does not take them.
        """
        for path, text in self.files.items():
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as content:
                content.write(text)

    def remove_files(self) -> None:
        """Remove them; it may be done twice."""
        for path in self.files:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def prepare_launch(
    spec: LaunchSpec,
    engine: Engine,
    installation: Installation,
    *,
    name: str,
    port: int,
    folder: Path,
    command: Command | None = None,
) -> PreparedLaunch:
    """Put together what a launch needs; nothing is started or written.

    Args:
        spec: what is to be served.
        engine: with what.
        installation: where that is.
        name: the server's name.
        port: where it is to listen.
        folder: of the records.
        command: in place of the engine's own, where a person changed it.

    Raises:
        InvalidLaunch: this engine cannot be started so.
    """
    command = command or engine.command(spec, installation, port)
    number = random.token_hex(8)
    env = build_environment(spec, command, installation, number)
    keys = find_secrets(spec, command, env)
    machine, boot = this_machine()
    record = Record(
        id=number,
        name=name,
        engine=spec.engine,
        model=spec.model,
        spec=without_secrets(spec, keys),
        command=shown_command(command, keys),
        host=spec.host,
        port=port,
        base_url=f"{local_url(spec.host, port)}/v1",
        log=f"{file_stem(name, number)}.log",
        machine=machine,
        boot=boot,
        owner=this_app(),
        cleanup=command.cleanup,
        started_at=time.time(),
    )
    key = spec.api_key.get_secret_value() if spec.api_key else ""
    paths = key_files(folder, record, [file.suffix for file in command.files])
    placed = {file.placeholder: str(path) for file, path in zip(command.files, paths, strict=True)}
    texts = {path: file.text(key) for file, path in zip(command.files, paths, strict=True)}
    return PreparedLaunch(record, command.with_files(placed).argv, env, tuple(keys), texts)
