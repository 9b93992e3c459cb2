"""What reaches an engine's environment, and what is shown of it."""

import json
import os
from pathlib import Path

from playground.engines.kinds.base import Command, Installation, SecretFile
from playground.engines.launch.environment import build_environment, find_secrets, shown_command, without_secrets
from playground.engines.launch.processes import MARK
from tests.engines.launch.engine import spec

GIVEN = {"PATH": "/bin", "THEROUTER_API_KEY": "sk-the-router", "HF_TOKEN": "hf_0123456789", "HOME": "/home"}
PYTHON = Installation("python", ("/env/bin/python",))


def test_the_environment() -> None:
    given = spec(api_key="sk-mine", env={"NAME": "value"})
    command = Command(("python",), {"OTHER": "1"}, ("FAKE_API_KEY", "HF_TOKEN"))
    assert build_environment(given, command, PYTHON, "mark", GIVEN) == {
        "PATH": os.pathsep.join(("/env/bin", "/bin")),
        "HOME": "/home",
        "HF_TOKEN": "hf_0123456789",
        "PYTHONUNBUFFERED": "1",
        "NAME": "value",
        "OTHER": "1",
        "FAKE_API_KEY": "sk-mine",
        MARK: "mark",
    }


def test_a_key_that_a_file_holds_is_not_in_it() -> None:
    command = Command(("x",), secrets=("FAKE_API_KEY",), files=(SecretFile("<f>", "FAKE_API_KEY", ".yaml", ""),))
    assert "FAKE_API_KEY" not in build_environment(spec(api_key="sk-mine"), command, PYTHON, "m", GIVEN)


def test_a_program_keeps_its_path() -> None:
    program = Installation("program", ("/usr/bin/vllm",))
    assert build_environment(spec(), Command(("x",)), program, "m", GIVEN)["PATH"] == "/bin"


def test_what_is_shown_and_kept_has_no_key() -> None:
    env = {"HF_TOKEN": "hf_0123456789", "TOKENIZERS_PARALLELISM": "false", "KEY_FILE": "/etc/key", "A_KEY": "1"}
    given = spec("--header", "X: hf_0123456789", api_key="sk-mine-0123", env=env)
    command = Command(("engine", *given.extra, "sk-mine-0123"), env, ("FAKE_API_KEY",))
    secrets = find_secrets(given, command, env | {"FAKE_API_KEY": "sk-mine-0123"})
    assert set(secrets) == {"sk-mine-0123", "hf_0123456789"}
    text = shown_command(command, secrets) + json.dumps(without_secrets(given, secrets))
    assert "sk-mine" not in text
    assert "hf_" not in text
    assert "TOKENIZERS_PARALLELISM=false" in text
    kept = without_secrets(given, secrets)
    assert kept["env"]["HF_TOKEN"] == "***"
    assert kept["extra"] == ["--header", "X: ***"]
    assert Path(PYTHON.program[0]).name == "python"
