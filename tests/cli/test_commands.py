"""The commands beside `send`."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from playground import __version__
from playground.cli import build_parser, main
from tests.cli.running import KEY, ROOT, environment, playground

SEED = ROOT / "tests" / "data" / "seed"


@pytest.mark.parametrize("path", sorted(SEED.glob("*.sh")), ids=lambda path: path.stem)
def test_a_snippet_is_alone_on_stdout(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["snippet", path.stem]) == 0
    assert capfd.readouterr() == (path.read_text(), "")


def test_a_snippet_as_a_process() -> None:
    request = b'{"model": "m", "messages": [{"role": "user", "content": "it\'s \\u20ac"}]}'
    ran = playground("snippet", "--request", "-", "--backend", "http://h:1/v1/", "--model", "n", stdin=request)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "curl http://h:1/v1/chat/completions \\"
    assert '"model": "n"' in ran.out
    assert "it'\\''s €" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["snippet", "chat-odd-sum", "--lang", "cobol"], "no snippet in 'cobol'. Use curl"),
        (["snippet", "chat-odd-sum", "--backend", "embedded"], "only while the app is running"),
        (["frobnicate"], "invalid choice: 'frobnicate'.*--help"),
        (["serve", "--port", "70000"], "70000 is not between"),
        (["send", "chat-odd-sum", "--jso"], "unrecognized arguments: --jso"),
    ],
)
def test_bad_input(words: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert re.search(said, err)


def test_presets(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["presets"]) == 0
    names = [line.split()[0] for line in capfd.readouterr().out.splitlines()]
    assert names[:2] == ["chat-odd-sum", "streaming-moe"]
    assert main(["presets", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [preset["name"] for preset in listed] == names
    assert list(listed[0]) == ["name", "title", "tab", "about", "source", "order", "request"]
    assert list(listed[1]["request"]) == ["model", "stream", "messages"]


def test_a_broken_preset_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: 1\n")
    ran = playground("presets", PLAYGROUND_PRESETS_DIR=str(tmp_path))
    assert (ran.status, ran.out) == (2, "")
    assert "mine.yaml: title" in ran.err


def test_the_doctor_tells_no_key_and_never_fails(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    ran = playground(
        "doctor", "--json", PLAYGROUND_MODEL_PATH=missing, PLAYGROUND_PRESETS_DIR=missing, CUSTOM_API_KEY=""
    )
    facts = json.loads(ran.out)
    assert (ran.status, ran.err) == (0, "")
    assert (facts["playground"], facts["therouter_key"]) == (__version__, "set")
    assert facts["custom_key"] == "not set: CUSTOM_API_KEY"
    assert facts["model_file"].startswith("missing: ")
    assert "no such folder" in facts["presets"]
    assert facts["packages"]["gradio"][0].isdigit()


def test_the_doctor_in_words(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEROUTER_API_KEY", KEY)
    monkeypatch.setenv("PATH", "")
    assert main(["doctor"]) == 0
    out = capfd.readouterr().out
    assert re.search(r"^therouter_key +set$", out, re.MULTILINE)
    assert re.search(r"^gpus +none found$", out, re.MULTILINE)
    assert KEY not in out


def test_only_serve_imports_gradio() -> None:
    code = (
        "import sys; from playground.cli import main; "
        "[main(c.split()) for c in ('presets', 'snippet chat-odd-sum', 'doctor', 'send nonesuch', "
        "'validate --schema app.py app.py')]; "
        "sys.exit('gradio' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_version_and_help() -> None:
    assert playground("--version").out == f"playground {__version__}\n"
    text = build_parser().format_help()
    for command in ("presets", "snippet", "send", "validate", "serve", "doctor"):
        assert command in text
