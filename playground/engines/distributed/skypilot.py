"""A SkyPilot task: it finds machines in a cloud, sets the engine up and starts it on each."""

import re
import shlex
from typing import Any

from playground.engines.distributed.forms import (
    File,
    Launch,
    Step,
    WrittenLaunch,
    check,
    label,
    refuse_flags,
    split,
    variables,
)
from playground.engines.distributed.kubernetes import INSIDE
from playground.engines.distributed.ranks import FLAGS, SOURCES, Ranks
from playground.engines.distributed.yaml_files import yaml_of
from playground.engines.kinds.base import Command
from playground.errors import InvalidLaunch

_RELEASE = re.compile(r"\d+(\.\d+)+")  # not 0.32.0+cpu, which no registry has
_LEADER = '"$LEADER"'
_FIRST_IP = 'LEADER="$(echo "$SKYPILOT_NODE_IPS" | head -n 1)"'


def skypilot(launch: Launch) -> WrittenLaunch:
    """The task and the commands that launch, watch and end it.

    Raises:
        InvalidLaunch: what cannot be launched so.
    """
    check(launch, engines=tuple(INSIDE))
    spec, nodes = launch.spec, launch.nodes
    refuse_flags(spec, *FLAGS[spec.engine])
    if spec.is_local or spec.chat_template:
        raise InvalidLaunch(
            "the machines that SkyPilot finds do not have this machine's files.",
            field="model" if spec.is_local else "chat_template",
            advice="Use a model of the Hub; for a chat template add `file_mounts` to the task.",
        )
    gpus = split(launch)
    name = label(spec)
    version = launch.installation.version
    launch = Launch(spec, nodes, launch.engine, INSIDE[spec.engine][1], launch.port)
    # Open to the internet only with a key: else it is asked through ssh.
    is_open = spec.api_key is not None
    command = launch.command(host="0.0.0.0" if is_open else "127.0.0.1")  # noqa: S104 - said in the notes
    plain, secret = variables(command)
    secret += tuple(file.secret for file in command.files)
    task: dict[str, Any] = {"name": name, "num_nodes": nodes.size}
    task["resources"] = {"accelerators": f"{nodes.gpu}:{gpus}"} | ({"ports": [launch.port]} if is_open else {})
    task["envs"] = dict(plain)
    if secret:
        task["secrets"] = dict.fromkeys(secret)
    package = f"{spec.engine}=={version}" if _RELEASE.fullmatch(version) else spec.engine
    task["setup"] = f"python3 -m pip install {shlex.quote(package)}\n"
    task["run"] = _run(launch, command)
    file = f"{name}.sky.yaml"
    given = tuple(word for key in secret for word in ("--secret", key))
    where = "your machine"
    steps = (
        Step(where, Command(("sky", "launch", "--cluster", name, *given, file))),
        Step(
            f"{where}, to send requests" if is_open else f"{where}, to send requests to 127.0.0.1",
            _ask(launch, name, is_open),
        ),
        Step(f"{where}, to end it and its cost", Command(("sky", "down", name))),
    )
    title = f"{launch.engine.title} on SkyPilot, {nodes.size} machines with {nodes.gpu}:{gpus}"
    text = yaml_of(task)
    sources = ("skypilot 0.14.1: utils/schemas.py, sky launch --help", SOURCES[spec.engine])
    return WrittenLaunch(title, (File(file, text),), steps, "sky", _notes(is_open=is_open), sources)


def _run(launch: Launch, command: Command) -> str:
    """The script that runs on each machine; SkyPilot sets its rank, their count and their addresses."""
    lines = ["set -eu"]
    for file in command.files:
        path = f'"$HOME/{file.secret}{file.suffix}"'
        text = file.template.replace("%", "%%").replace("{secret}", '"%s"').replace("\n", "\\n")
        lines += ["umask 077", f"printf '{text}' \"${file.secret}\" > {path}"]
        command = command.with_files({file.placeholder: f"@{file.secret}@"})
    words = " ".join(_quoted(word, command) for word in command.argv)
    if launch.nodes.size == 1:
        return "\n".join([*lines, f"exec {words}", ""])
    ranks = Ranks(launch.spec.engine, '"$SKYPILOT_NUM_NODES"', _LEADER)
    first, other = (" ".join(ranks.words('"$SKYPILOT_NODE_RANK"', leads=leads)) for leads in (True, False))
    lines.append(_FIRST_IP)
    if first == other:
        return "\n".join([*lines, f"exec {words} {first}", ""])
    lines += ['if [ "$SKYPILOT_NODE_RANK" = 0 ]; then', f"  exec {words} {first}", "fi", f"exec {words} {other}", ""]
    return "\n".join(lines)


def _quoted(word: str, command: Command) -> str:
    """A word for the shell; a file of a key is in the home folder of whoever runs it."""
    for file in command.files:
        if word == f"@{file.secret}@":
            return f'"$HOME/{file.secret}{file.suffix}"'
    return shlex.quote(word)


def _ask(launch: Launch, name: str, is_open: bool) -> Command:  # noqa: FBT001 - one caller
    if is_open:
        return Command(("sky", "status", "--endpoint", str(launch.port), name))
    return Command(("ssh", "-N", "-L", f"{launch.port}:127.0.0.1:{launch.port}", name))


def _notes(*, is_open: bool) -> tuple[str, ...]:
    notes = ["It costs money from `sky launch` until `sky down`. `sky check` says which clouds can be used."]
    if is_open:
        notes.append("The port is open to the internet, as plain http; the server asks for the API key.")
    else:
        notes.append("No API key is set, so the port stays closed: reach it through ssh, as below.")
    notes.append("A gated model needs HF_TOKEN in the variables of the launch; the file contains only its name.")
    return tuple(notes)
