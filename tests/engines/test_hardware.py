"""What this machine has, as its own tools on PATH say it; the tools here are real programs that answer as theirs do."""

from pathlib import Path

import pytest

from playground.engines.hardware import find_engines, find_gpus


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_machine_with_nothing(programs: Path) -> None:
    assert list(programs.iterdir()) == []
    assert (find_gpus(), find_engines()) == ([], {})


def test_gpus_of_both_vendors(programs: Path) -> None:
    install(
        programs,
        "nvidia-smi",
        'echo "Card A, 80 MiB"; echo; echo "  Card B, 80 MiB "; test "$2" = --format=csv,noheader',
    )
    install(programs, "rocm-smi", 'echo "device,Card Series"; echo "card0,Card C"')
    assert find_gpus() == ["Card A, 80 MiB", "Card B, 80 MiB", "card0,Card C"]


def test_a_tool_that_fails_says_nothing(programs: Path) -> None:
    install(programs, "nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    (programs / "rocm-smi").write_text("#!/nowhere/sh\n")
    (programs / "rocm-smi").chmod(0o755)
    assert find_gpus() == []


def test_engines(programs: Path) -> None:
    install(programs, "vllm", "exit 1")
    install(programs, "llama-server", "exit 1")
    assert find_engines() == {"vllm": str(programs / "vllm"), "llama-server": str(programs / "llama-server")}
