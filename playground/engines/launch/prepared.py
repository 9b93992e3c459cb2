"""A launch put together once: what is shown, what is checked and what is run is this one object."""

import contextlib
import os
import secrets as random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.launch.environment import (
    build_environment,
    find_secrets,
    masked,
    shown_command,
    without_secrets,
)
from playground.engines.launch.ports import local_url
from playground.engines.launch.processes import this_machine
from playground.engines.launch.registry import Record, file_stem, key_files, this_app
from playground.engines.spec import LaunchSpec


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PreparedLaunch:
    """What is shown, checked and started; nothing is reserved or written before the start.

    It is known by its identity, and is started once: its number marks the server's processes. Its `repr` is the
    object's plain one, since its environment holds keys.

    Attributes:
        spec: what was asked for; without a port, the app chose one.
        engine: what is known of the program.
        installation: where that is.
        command: as the engine has it for `spec`, or as a person changed it; files that hold a key by placeholder.
        edited: whether a person changed it.
        record: what will be on disk of it.
        argv: program and arguments, with the paths of those files.
        env: its whole environment.
        secrets: texts that its log must not hold.
        files: path to text, for an engine that takes its key from a file.
    """

    spec: LaunchSpec
    engine: Engine
    installation: Installation
    command: Command
    edited: bool
    record: Record
    argv: tuple[str, ...]
    env: Mapping[str, str]
    secrets: tuple[str, ...]
    files: Mapping[Path, str]

    @property
    def id(self) -> str:
        """16 hexadecimal digits."""
        return self.record.id

    @property
    def name(self) -> str:
        """The server's name."""
        return self.record.name

    @property
    def port(self) -> int:
        """Where it will listen."""
        return self.record.port

    @property
    def shown(self) -> str:
        """The command as one line for a POSIX shell, without keys."""
        return self.record.command

    @property
    def cleanup(self) -> tuple[str, ...]:
        """The command that ends what is not a process of this machine's own: a container; () where there is none."""
        return self.record.cleanup

    def masked_words(self) -> dict[str, str]:
        """Words of the command that are shown without a key that they hold: as shown, to what they are."""
        words = {masked(word, self.secrets): word for word in self.command.argv}
        return {shown: word for shown, word in words.items() if shown != word}

    async def check(self, *, timeout_s: float = 60) -> str | None:
        """Ask the engine's own parser whether it knows the arguments; see `check_arguments`.

        Returns:
            None when it knows all of them; else why it was not asked.

        Raises:
            InvalidLaunch: an argument that it does not know, or a value that it refuses.
        """
        return await check_arguments(self.engine, self.installation, self.command, timeout_s=timeout_s)

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
    edited: Command | None = None,
) -> PreparedLaunch:
    """Put together what a launch needs; nothing is started or written.

    Args:
        spec: what is to be served.
        engine: with what.
        installation: where that is.
        name: the server's name.
        port: where it is to listen.
        folder: of the records.
        edited: in place of the engine's own command, where a person changed it; it names `port`.

    Raises:
        InvalidLaunch: this engine cannot be started so.
    """
    command = edited or engine.command(spec, installation, port)
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
    return PreparedLaunch(
        spec=spec,
        engine=engine,
        installation=installation,
        command=command,
        edited=edited is not None,
        record=record,
        argv=command.with_files(placed).argv,
        env=env,
        secrets=tuple(keys),
        files=texts,
    )
