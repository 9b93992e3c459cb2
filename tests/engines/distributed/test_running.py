"""Handing a form to its tool: a program of that name that tells what it was given."""

from pathlib import Path

import pytest

from playground.engines.distributed import Nodes, generate
from playground.engines.distributed.running import run_form, runnable
from playground.engines.kinds import find_engine
from playground.engines.kinds.base import Installation
from playground.engines.spec import LaunchSpec
from playground.errors import EngineUnavailable, InvalidLaunch

SPEC = LaunchSpec(engine="vllm", model="Qwen/Qwen3-8B", tensor_parallel=2)
PYTHON = Installation("python", ("python",))


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


@pytest.mark.parametrize(("kind", "name", "words"), [("kubernetes", "kubectl", "apply"), ("skypilot", "sky", "launch")])
async def test_the_tool_is_given_the_file(programs: Path, tmp_path: Path, kind: str, name: str, words: str) -> None:
    tool(programs, name, 'for word; do test -f "$word" && cat "$word"; done; echo "$@"')
    form = generate(kind, SPEC, Nodes(count=2), engine=find_engine("vllm"), installation=PYTHON)
    said = await run_form(form, tmp_path / "forms")
    assert words in said
    assert "8000" in said  # from the file's end
    assert ("--yes" in said) == (name == "sky")
    (file,) = (tmp_path / "forms").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_tool_that_fails_is_told_with_its_words(programs: Path, tmp_path: Path) -> None:
    tool(programs, "kubectl", "echo no cluster >&2; exit 3")
    form = generate("kubernetes", SPEC, Nodes(count=2), engine=find_engine("vllm"), installation=PYTHON)
    with pytest.raises(EngineUnavailable, match="status 3: no cluster"):
        await run_form(form, tmp_path)


async def test_a_tool_that_takes_too_long_is_ended(programs: Path, tmp_path: Path) -> None:
    tool(programs, "kubectl", "echo waiting; exec sleep 600")
    form = generate("kubernetes", SPEC, Nodes(count=2), engine=find_engine("vllm"), installation=PYTHON)
    assert "continues" in await run_form(form, tmp_path, timeout_s=0.5)


async def test_without_the_tool_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    form = generate("kubernetes", SPEC, Nodes(count=2), engine=find_engine("vllm"), installation=PYTHON)
    with pytest.raises(EngineUnavailable, match="kubectl is not installed on this machine"):
        await run_form(form, tmp_path)


async def test_commands_for_machines_are_run_there(tmp_path: Path) -> None:
    nodes = Nodes(("10.0.0.1", "10.0.0.2"))
    form = generate("multi-node", SPEC, nodes, engine=find_engine("vllm"), installation=PYTHON)
    assert runnable(form) is None
    with pytest.raises(InvalidLaunch, match="run on the machines themselves"):
        await run_form(form, tmp_path)
