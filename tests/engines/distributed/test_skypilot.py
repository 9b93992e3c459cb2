"""The SkyPilot task; its script is run by a real shell, with an engine that notes how it was called."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.engines.distributed import Nodes
from tests.engines.distributed.making import HUB_TOKEN, KEY, TWO, argv_of, make

PROGRAM = {"vllm": "vllm", "sglang": "python3"}


def task(engine: str, nodes: Nodes = TWO, **fields: Any) -> dict[str, Any]:
    read = yaml.safe_load(make("skypilot", engine, nodes, **fields).files[0].text)
    assert isinstance(read, dict)
    return read


def called(script: str, engine: str, folder: Path, rank: int, **env: str) -> list[str]:
    """The arguments that the engine got on that machine."""
    fake = folder / "bin" / PROGRAM[engine]
    fake.parent.mkdir(exist_ok=True)
    fake.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done\n')
    fake.chmod(0o755)
    sky = {"SKYPILOT_NODE_RANK": str(rank), "SKYPILOT_NUM_NODES": "2", "SKYPILOT_NODE_IPS": "10.0.0.1\n10.0.0.2"}
    ran = subprocess.run(
        ["bash"],
        input=script.encode(),
        capture_output=True,
        env={"PATH": f"{fake.parent}:{os.environ['PATH']}", "HOME": str(folder), **sky, **env},
        check=True,
    )
    return ran.stdout.decode().splitlines()


def test_vllm_on_two_machines(tmp_path: Path) -> None:
    script = task("vllm", extra=("--override", "it's $HOME"))["run"]
    first, second = (called(script, "vllm", tmp_path, rank) for rank in (0, 1))
    ranks = ["--nnodes", "2", "--node-rank", "0", "--master-addr", "10.0.0.1", "--master-port", "29501"]
    assert first[-8:] == ranks
    assert second[-9:] == [*ranks[:3], "1", *ranks[4:], "--headless"]
    assert first[first.index("--override") + 1] == "it's $HOME"


def test_sglang_with_a_key_in_a_file(tmp_path: Path) -> None:
    script = task("sglang", api_key=KEY)["run"]
    words = called(script, "sglang", tmp_path, 1, SGLANG_API_KEY=KEY)
    assert words[-6:] == ["--nnodes", "2", "--node-rank", "1", "--dist-init-addr", "10.0.0.1:20000"]
    file = Path(words[words.index("--config") + 1])
    assert file.parent == tmp_path
    assert yaml.safe_load(file.read_text()) == {"api-key": KEY}
    assert file.stat().st_mode & 0o077 == 0
    assert not any(KEY in word for word in words)


def test_one_machine_has_no_ranks(tmp_path: Path) -> None:
    words = called(task("vllm", Nodes(count=1), tensor_parallel=8)["run"], "vllm", tmp_path, 0)
    assert "--nnodes" not in words


def test_without_a_key_the_port_stays_closed() -> None:
    read = task("vllm", Nodes(count=2, gpu="H200"))
    assert read["resources"] == {"accelerators": "H200:8"}
    assert "--host 127.0.0.1" in read["run"]
    assert "secrets" not in read
    form = make("skypilot", "vllm")
    assert argv_of(form, 1) == ["ssh", "-N", "-L", "8000:127.0.0.1:8000", "deepseek-v3-2"]


def test_keys_are_named_and_not_written() -> None:
    read = task("vllm", api_key=KEY, env={"HF_TOKEN": HUB_TOKEN, "NCCL_DEBUG": "INFO"})
    assert read["secrets"] == {"VLLM_API_KEY": None, "HF_TOKEN": None}
    assert read["envs"]["NCCL_DEBUG"] == "INFO"
    assert "HF_TOKEN" not in read["envs"]
    assert read["resources"]["ports"] == [8000]
    form = make("skypilot", "vllm", api_key=KEY)
    assert argv_of(form, 0)[:4] == ["sky", "launch", "--cluster", "deepseek-v3-2"]
    assert "--secret" in argv_of(form, 0)
    assert argv_of(form, 2) == ["sky", "down", "deepseek-v3-2"]


@pytest.mark.parametrize(
    ("version", "package"), [("", "sglang"), ("0.5.23", "sglang==0.5.23"), ("0.5.23+cpu", "sglang")]
)
def test_the_engine_is_set_up_in_the_version_that_is_here(version: str, package: str) -> None:
    read = yaml.safe_load(make("skypilot", "sglang", version=version).files[0].text)
    assert read["setup"] == f"python3 -m pip install {package}\n"
