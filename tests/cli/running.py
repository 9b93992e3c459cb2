"""The command line as its users run it: a process of its own, with an environment of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY = "sk-secret-made-up-0123456789"
ARGV = [sys.executable, "-W", "error", "-m", "playground"]


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """No setting of ours but these, and a key that must not be seen anywhere."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PLAYGROUND_", "COV_CORE"))}
    return clean | {"THEROUTER_API_KEY": KEY, "CUSTOM_API_KEY": KEY} | variables


def playground(*words: str, stdin: bytes = b"", **variables: str) -> Ran:
    """Run a command; the key is in neither output, whatever it was."""
    ran = subprocess.run(
        [*ARGV, *words],
        input=stdin,
        env=environment(**variables),
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    out, err = ran.stdout.decode(), ran.stderr.decode()
    assert KEY not in out + err
    assert "Traceback" not in err, err
    return Ran(ran.returncode, out, err)
