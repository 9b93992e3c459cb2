"""`servers`, `stop` and `logs` where nothing runs; with a real server they are in `test_launch.py`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from playground.cli import main
from tests.cli.running import ROOT, environment


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_no_server(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["servers"]) == 0
    assert capfd.readouterr() == ("", "No servers have been launched.\n")
    assert main(["servers", "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stop", "nonesuch"], "No server runs by the name 'nonesuch'"),
        (["logs", "nonesuch"], "No server is known by the name 'nonesuch'"),
        (["logs", "../../../etc/passwd"], "No server is known"),
        (["logs", "nonesuch", "--lines", "many"], "--lines"),
        (["stop"], "required: name"),
    ],
)
def test_bad_input(words: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_none_of_the_engines_commands_imports_gradio(tmp_path: Path) -> None:
    code = (
        "import sys; from playground.cli import main; "
        "[main(c.split()) for c in ('engines', 'fit none.gguf', 'launch --recipe qwen3-8b-vllm --dry-run', 'servers', "
        "'stop nonesuch', 'logs nonesuch')]; sys.exit('gradio' in sys.modules)"
    )
    env = environment(PLAYGROUND_CACHE_DIR=str(tmp_path))
    ran = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
