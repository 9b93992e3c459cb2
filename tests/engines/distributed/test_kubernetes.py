"""The LeaderWorkerSet, checked by its project's own schema (tests/data/schemas), and the steps, run by a real shell."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from playground.engines.distributed import Nodes
from tests.engines.distributed.making import HUB_TOKEN, KEY, TWO, make

SCHEMA = Path(__file__).parents[2] / "data" / "schemas" / "leaderworkerset.json"


def manifest(engine: str, nodes: Nodes = TWO, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The set and the service, the set checked."""
    form = make("kubernetes", engine, nodes, **fields)
    group, service = yaml.safe_load_all(form.files[0].text)
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    assert [str(error) for error in validator.iter_errors(group)] == []
    assert "&id" not in form.files[0].text
    return group, service


def container(group: dict[str, Any], which: str = "leader") -> dict[str, Any]:
    (found,) = group["spec"]["leaderWorkerTemplate"][f"{which}Template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def test_the_schema_refuses_what_is_wrong() -> None:
    group, _ = manifest("vllm")
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
    changes: tuple[dict[str, Any], ...] = (
        {"image": 1},
        {"comand": []},
        {"env": [{"value": "x"}]},
        {"resources": {"limit": {}}},
    )
    for change in changes:
        wrong = json.loads(json.dumps(group))
        container(wrong).update(change)
        assert not validator.is_valid(wrong), change
    group["spec"]["leaderWorkerTemplate"]["size"] = "two"
    assert not validator.is_valid(group)


def test_vllm() -> None:
    group, service = manifest("vllm", Nodes(count=2, replicas=3), api_key=KEY)
    template = group["spec"]["leaderWorkerTemplate"]
    assert (group["spec"]["replicas"], template["size"]) == (3, 2)
    leader, worker = container(group), container(group, "worker")
    assert leader["command"][:3] == ["vllm", "serve", "deepseek-ai/DeepSeek-V3.2"]
    assert leader["command"][leader["command"].index("--host") + 1] == "0.0.0.0"  # noqa: S104
    ranks = ["--nnodes", "$(LWS_GROUP_SIZE)", "--node-rank", "$(LWS_WORKER_INDEX)"]
    assert leader["command"][-8:-4] == ranks
    assert worker["command"] == [*leader["command"], "--headless"]
    assert leader["resources"] == {"limits": {"nvidia.com/gpu": "8"}}
    assert leader["startupProbe"]["httpGet"] == {"path": "/health", "port": 8000}
    assert "startupProbe" not in worker
    references = {entry["name"]: entry.get("valueFrom") for entry in leader["env"]}
    assert references["VLLM_API_KEY"] == {"secretKeyRef": {"name": "deepseek-v3-2-keys", "key": "VLLM_API_KEY"}}
    assert references["HF_TOKEN"]["secretKeyRef"]["optional"] is True
    assert service["spec"]["selector"]["leaderworkerset.sigs.k8s.io/name"] == group["metadata"]["name"]
    assert service["spec"]["ports"][0]["port"] == 8000


def test_sglangs_key_is_a_file_of_the_secret() -> None:
    group, _ = manifest("sglang", api_key=KEY)
    pod = group["spec"]["leaderWorkerTemplate"]["leaderTemplate"]["spec"]
    command = container(group)["command"]
    path = command[command.index("--config") + 1]
    volume = next(volume for volume in pod["volumes"] if volume["name"] == "keys")["secret"]
    mount = next(mount for mount in container(group)["volumeMounts"] if mount["name"] == "keys")
    assert path == f"{mount['mountPath']}/{volume['items'][0]['path']}"
    assert command[-1] == "$(LWS_LEADER_ADDRESS):20000"
    assert container(group, "worker")["command"] == command


def test_one_pod_needs_no_ranks() -> None:
    group, _ = manifest("vllm", Nodes(count=1), tensor_parallel=8)
    assert "--nnodes" not in container(group)["command"]
    assert group["spec"]["leaderWorkerTemplate"]["size"] == 1


def test_local_files_are_mounted() -> None:
    group, _ = manifest("vllm", model="/models/m", chat_template="/models/t.jinja")
    volumes = group["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]["volumes"]
    assert {"name": "model", "hostPath": {"path": "/models/m"}} in volumes
    assert {"name": "chat-template", "hostPath": {"path": "/models/t.jinja"}} in volumes
    assert not any(entry["name"] == "HF_TOKEN" for entry in container(group)["env"])


def test_what_looks_like_a_variable_is_text() -> None:
    group, _ = manifest("vllm", extra=("--x", "$(HOSTNAME)"), env={"A": "$(B)"})
    assert "$$(HOSTNAME)" in container(group)["command"]
    assert {"name": "A", "value": "$$(B)"} in container(group)["env"]


def test_an_image_of_ones_own() -> None:
    group, _ = manifest("sglang", Nodes(count=2, image="lmsysorg/sglang:v0.5.8-rocm700-mi30x"))
    assert container(group)["image"] == "lmsysorg/sglang:v0.5.8-rocm700-mi30x"


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_the_steps_make_the_secret_without_a_key_in_a_command_line(engine: str, tmp_path: Path) -> None:
    """Run by a shell, with a kubectl that notes its arguments and keeps the files."""
    form = make("kubernetes", engine, api_key=KEY, env={"HF_TOKEN": HUB_TOKEN})
    fake = tmp_path / "bin" / "kubectl"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\nmkdir {tmp_path}/kept && cp *_* {tmp_path}/kept\n')
    fake.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    key = {"vllm": "VLLM_API_KEY", "sglang": "SGLANG_API_KEY"}[engine]
    env = {"PATH": f"{fake.parent}:{os.environ['PATH']}", key: KEY, "HF_TOKEN": HUB_TOKEN}
    subprocess.run(["sh", "-e"], input=form.commands[0].shown.encode(), cwd=work, env=env, check=True)
    said = (tmp_path / "said").read_text()
    assert said.startswith("create secret generic deepseek-v3-2-keys --from-file=")
    assert KEY not in said
    assert list(work.iterdir()) == []
    assert (tmp_path / "kept" / "HF_TOKEN").read_text() == HUB_TOKEN
    kept = (tmp_path / "kept" / key).read_text()
    assert kept == KEY if engine == "vllm" else yaml.safe_load(kept) == {"api-key": KEY}


def test_no_key_needs_no_secret() -> None:
    form = make("kubernetes", "vllm")
    assert form.commands[0].where == "your machine"
    assert any("No API key" in note for note in form.notes)
