"""Runs what a form wrote down, where its tool is on this machine."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from playground.engines.distributed.forms import WrittenLaunch
from playground.engines.kinds.base import Command
from playground.engines.process.process import EngineProcess, how_it_ended
from playground.environment import child_environment
from playground.errors import EngineUnavailable, InvalidLaunch

# Tools that take a file, and do the rest elsewhere; what each is told because nobody is there to answer its questions.
RUNNABLE: Mapping[str, tuple[str, ...]] = {"kubectl": (), "sky": ("--yes",)}
_GRACE_S = 5.0
_CLOUDS = ("AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "KUBE", "OCI_", "LAMBDA_")  # profiles, regions, paths


def runnable(form: WrittenLaunch) -> Command | None:
    """The command that hands the form's file to its tool; None where it is not that kind of form."""
    if form.tool not in RUNNABLE:
        return None
    commands = (step.command for step in form.commands)
    named = {file.name for file in form.files}
    return next((each for each in commands if isinstance(each, Command) and named & set(each.argv)), None)


async def run_form(form: WrittenLaunch, folder: Path, *, timeout_s: float = 120) -> str:
    """Write the files, run the tool in their folder, and give what it printed.

    Args:
        form: as it was written down; its files hold no key.
        folder: made if it is not there, for this user alone.
        timeout_s: then it is ended: what it began in a cluster goes on there.

    Raises:
        InvalidLaunch: there is nothing to be run.
        EngineUnavailable: the tool is not here, or it failed; the end of what it printed is in the message.
    """
    command = runnable(form)
    if command is None:
        raise InvalidLaunch(
            "the commands of this form run on the machines themselves.",
            field="form",
            advice="Copy each command to its machine; one of them can be the Command under “Start one” here.",
        )
    program = shutil.which(command.argv[0])
    if program is None:
        raise EngineUnavailable(
            f"{form.tool} is not installed on this machine.", advice="Copy the file to a machine that has it."
        )
    await asyncio.to_thread(_write, form, folder)
    words = [str(folder / word) if word in {file.name for file in form.files} else word for word in command.argv[1:]]
    process = EngineProcess([program, *words, *RUNNABLE[form.tool]], _environment(command), _GRACE_S, name=form.tool)
    await process.start()
    try:
        async with asyncio.timeout(timeout_s):
            status = await process.wait()
    except TimeoutError:
        return f"{process.log_tail()}\n(ended after {timeout_s:g} s; what it started elsewhere continues)"
    finally:
        await process.stop()
    if status != 0:
        raise EngineUnavailable(f"{form.tool} {how_it_ended(status)}: {process.log_tail(10)}")
    return process.log_tail()


def _environment(command: Command) -> dict[str, str]:
    """Where its clouds and clusters are, without their keys, which its files hold; and what the command names."""
    env = child_environment(also=_CLOUDS)
    named = (name for option, name in pairwise(command.argv) if option == "--secret")
    return env | {name: os.environ[name] for name in named if name in os.environ}


def _write(form: WrittenLaunch, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file in form.files:
        path = folder / Path(file.name).name
        path.write_text(file.text, encoding="utf-8")
        path.chmod(0o600)
