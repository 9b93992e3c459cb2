"""Provisioning: a second time costs nothing, and what is missing is said."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from playground.errors import EngineUnavailable
from tests.real_engines.engine import ENGINES, VLLM
from tests.real_engines.provision import is_there, provision
from tests.real_engines.wheels import Wheels

ROOT = Path(__file__).parents[2]


def run(**variables: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "tests.real_engines.provision"]
    # pip's own settings may name more places to look in.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        argv, cwd=ROOT, env=clean | variables, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_second_time_nothing_is_done() -> None:
    before = [(engine.venv / "pyvenv.cfg").stat().st_mtime_ns for engine in ENGINES.values()]
    ran = run(PIP_NO_INDEX="1", PATH="/none/such")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert [(engine.venv / "pyvenv.cfg").stat().st_mtime_ns for engine in ENGINES.values()] == before


def test_without_a_network_it_says_what_is_missing(tmp_path: Path) -> None:
    ran = run(XDG_CACHE_HOME=str(tmp_path), PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    assert ran.returncode == 1
    assert (
        "torch==2.13.0+cpu could not be downloaded from pip's index and from https://download.pytorch.org" in ran.stderr
    )
    assert "satisfies the requirement torch==2.13.0+cpu (from versions: none)" in ran.stderr
    assert "Check the network and PIP_INDEX_URL, then run this again" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_space_it_says_how_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2_000_000_000))
    with pytest.raises(EngineUnavailable, match=r"need \d{4} MB of space, and .* has 2000 MB") as caught:
        provision([VLLM])
    assert "XDG_CACHE_HOME" in caught.value.advice


def test_another_list_is_another_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert is_there(VLLM)
    other = tmp_path / "vllm.txt"
    other.write_text(VLLM.requirements.read_text() + "one-more==1.0\n")
    monkeypatch.setattr(type(VLLM), "requirements", other)
    assert not is_there(VLLM)


def test_what_came_is_not_fetched_again(tmp_path: Path) -> None:
    packages = ["PyYAML==6.0.4", "torch==2.13.0+cpu", "a.b-c==1.0.post7", "typing_extensions==4.16.0"]
    for name in (
        "pyyaml-6.0.4-cp311-cp311-linux_x86_64.whl",
        "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl",
        "A_B_C-1.0.post7-py3-none-any.whl",
        "typing_extensions-4.15.0-py3-none-any.whl",
    ):
        (tmp_path / name).touch()
    assert Wheels(tmp_path, Path(sys.executable)).missing(packages) == ["typing_extensions==4.16.0"]
