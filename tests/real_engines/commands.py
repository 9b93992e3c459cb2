"""Commands that are run to their end. Standard library only."""

import subprocess
from collections.abc import Mapping

from playground.errors import EngineUnavailable


def call(*argv: object, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Runs a command; its status, and all that it printed."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, check=False
        )
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def must(*argv: object, doing: str, env: Mapping[str, str] | None = None) -> None:
    """Runs a command that has to succeed.

    Raises:
        EngineUnavailable: it did not; with the end of what it printed.
    """
    status, said = call(*argv, env=env)
    if status != 0:
        end = "\n".join(said.strip().splitlines()[-15:])
        raise EngineUnavailable(
            f"Could not {doing} (status {status}):\n{end}",
            advice="Put right what it says, then run this again: it goes on where it was.",
        )
