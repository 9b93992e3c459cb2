"""How a command line is put together: options, paths, containers. Every word is one argument; there is no shell."""

import ipaddress
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from playground.engines.kinds.base import Command, Installation, SecretFile
from playground.engines.spec import LaunchSpec, is_path
from playground.errors import InvalidLaunch

# Telemetry is off unless the launch says otherwise; output comes line by line also into a pipe.
PYTHON_ENV = {"PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "1"}
_HUB_INSIDE = "/root/.cache/huggingface"
_FORWARDED = ("HF_TOKEN", "HF_ENDPOINT")  # a gated model, a mirror: taken over from this process's environment


def options(**values: str | float | bool | None) -> Iterator[str]:
    """`tp_size=8` as `--tp-size 8`; None, False, "" and nothing else are left out; True is the bare option."""
    for name, value in values.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            yield option
        elif value is not None and value is not False and value != "":
            yield from (option, str(value))


def many(count: int) -> int | None:
    """A count for `options`: one is every engine's default and goes without saying."""
    return count if count > 1 else None


def resolved(path: str) -> str:
    """A path as the engine is to be given it: no shell expands `~`, and its working folder may be another."""
    return str(Path(path).expanduser().absolute()) if path and is_path(path) else path


def require(name: str, installation: Installation, *kinds: str) -> None:
    """Refuses an installation that this engine cannot be started from.

    Raises:
        InvalidLaunch: with the kinds that it can.
    """
    if installation.kind not in kinds:
        raise InvalidLaunch(f"{name} cannot be started from a {installation.kind}; it can from: {', '.join(kinds)}.")


def unsupported(title: str, spec: LaunchSpec, *fields: str) -> None:
    """Refuses what this app cannot express for the engine, so that nothing is dropped in silence.

    Raises:
        InvalidLaunch: the first of these fields that is set.
    """
    empty = LaunchSpec(engine=spec.engine, model=spec.model)
    for name in fields:
        if getattr(spec, name) != getattr(empty, name):
            raise InvalidLaunch(
                f"the app knows no argument of {title} for it.",
                field=name,
                advice=f"Leave {name} empty; if {title} has an argument for it, add that to the extra arguments.",
            )


def in_container(
    spec: LaunchSpec,
    installation: Installation,
    port: int,
    words: Sequence[str],
    *,
    secrets: Sequence[str] = (),
    files: Sequence[SecretFile] = (),
    env: dict[str, str] | None = None,
) -> Command:
    """A command inside a container: `docker run …`, its port bound on the host's `spec.host` only.

    The last word of `installation.program` is the image; the ones before it begin the command, and may hold options of
    the user. Variables go by name only, so that their values stand in no command line. Killing the client leaves the
    container running: hence `cleanup`.

    Args:
        spec: its local model and template are mounted read-only at their own paths.
        installation: a container.
        port: on the host and inside.
        words: the program inside and its arguments; it must listen on all of the container's interfaces.
        secrets: names of variables that hold a key.
        files: files that hold a key; `words` name them by placeholder, and they are mounted.
        env: further variables.
    """
    *begin, image = installation.program
    if len(begin) == 1:
        begin.append("run")
    variables = {**(env or {}), **spec.env}
    in_files = {file.secret for file in files}
    by_name = [*(name for name in secrets if name not in in_files), *variables, *_FORWARDED]
    hub = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    mounts = [f"{Path(hub).expanduser()}:{_HUB_INSIDE}"]
    local = [resolved(path) for path in (spec.model, spec.chat_template) if is_path(path)]
    mounts += [f"{path}:{path}:ro" for path in local]
    mounts += [f"{file.placeholder}:{_inside(file)}:ro" for file in files]
    for mount in mounts:
        if mount.replace(":ro", "").count(":") != 1:
            raise InvalidLaunch(f"a path with a colon cannot be mounted into a container: {mount.split(':')[0]}…")
    name = f"chat-playground-{port}"
    argv = [*begin, "--rm", "--name", name, *_devices(begin[0], image), "--ipc", "host"]
    argv += ["--publish", f"{_address(spec.host)}:{port}:{port}"]
    for mount in mounts:
        argv += ["--volume", mount]
    for variable in by_name:
        argv += ["--env", variable]
    program, *arguments = [_inside_word(word, files) for word in words]
    argv += ["--entrypoint", program, image, *arguments]
    remove = (begin[0], "rm", "--force", name)
    return Command(tuple(argv), variables, tuple(secrets), tuple(files), remove)


def _address(host: str) -> str:
    """The address to publish on: the container programs take no names.

    Raises:
        InvalidLaunch: it is a name, and not localhost.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise InvalidLaunch(f"a container listens on an address, and {host} is a name.", field="host") from None
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004 - IPv4


def _inside(file: SecretFile) -> str:
    return f"/run/secrets/playground{file.suffix}"


def _inside_word(word: str, files: Sequence[SecretFile]) -> str:
    for file in files:
        word = word.replace(file.placeholder, _inside(file))
    return word


def _devices(program: str, image: str) -> tuple[str, ...]:
    """The GPUs, as the image's kind wants them; none for an image that names itself a CPU build."""
    if "rocm" in image:
        return ("--device", "/dev/kfd", "--device", "/dev/dri", "--group-add", "video")
    if "cpu" in image or image.endswith(":server"):
        return ()
    return ("--device", "nvidia.com/gpu=all") if Path(program).name == "podman" else ("--gpus", "all")
