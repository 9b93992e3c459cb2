"""What a server's environment holds, and what in it must not be shown."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.engines.kinds.base import Command, Installation
from playground.engines.launch.log_store import MASK
from playground.engines.launch.processes import MARK
from playground.engines.spec import LaunchSpec
from playground.environment import child_environment, is_like_a_key, is_secret_name, secrets_in


def build_environment(
    spec: LaunchSpec, command: Command, installation: Installation, mark: str, given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment of an engine.

    Of this process's own it has what engines need (`child_environment`): no keys of this app, of clouds or of other
    servers, and the Hub's token only where the model is the Hub's; besides, what the specification or the command
    names. The server's key is the value of what `command.secrets` names.

    Args:
        spec: what is launched.
        command: its command.
        installation: a Python environment's programs come first on PATH: engines call `ninja` and the like by name.
        mark: what its processes are known by.
        given: this process's environment; None for `os.environ`.
    """
    outside = dict(os.environ if given is None else given)
    env = child_environment(outside, downloads=not spec.is_local)
    if installation.kind == "python" and Path(installation.program[0]).is_absolute():
        env["PATH"] = os.pathsep.join((str(Path(installation.program[0]).parent), env.get("PATH", os.defpath)))
    env |= {"PYTHONUNBUFFERED": "1"} | dict(spec.env) | dict(command.env)
    key = spec.api_key.get_secret_value() if spec.api_key else None
    in_files = {file.secret for file in command.files}
    for name in command.secrets:
        if name in in_files:
            continue
        value = key if name.endswith("API_KEY") else env.get(name, outside.get(name))
        if value is not None:
            env[name] = value
    return env | {MARK: mark}


def find_secrets(spec: LaunchSpec, command: Command, env: Mapping[str, str]) -> list[str]:
    """The texts that must be seen nowhere: the key, and values of variables whose names say that they are keys."""
    found = [spec.api_key.get_secret_value()] if spec.api_key else []
    found += [env[name] for name in command.secrets if name in env]
    found += secrets_in(env)
    return [text for text in found if text]


def without_secrets(spec: LaunchSpec, secrets: Sequence[str] = ()) -> dict[str, Any]:
    """The specification as JSON values, its key left out and values that look like keys masked."""
    fields = spec.model_dump(mode="json", exclude={"api_key"}, exclude_defaults=True)
    if spec.extra:
        fields["extra"] = [masked(word, secrets) for word in spec.extra]
    if spec.env:
        fields["env"] = {name: MASK if is_secret_name(name) else value for name, value in spec.env.items()}
    return fields


def shown_command(command: Command, secrets: Sequence[str]) -> str:
    """The command as one line, without any value that is a key."""
    env = {
        name: MASK if is_secret_name(name) and is_like_a_key(value) else value for name, value in command.env.items()
    }
    argv = tuple(masked(word, secrets) for word in command.argv)
    return Command(argv, env, command.secrets).shown()


def masked(text: str, secrets: Sequence[str]) -> str:
    """A text without these keys; those of fewer than 8 characters are taken for words."""
    for secret in secrets:
        if is_like_a_key(secret):
            text = text.replace(secret, MASK)
    return text
