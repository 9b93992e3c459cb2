"""Commands for machines that are known: multi-node, Ray, a router. The engines' parsers read them in real_engines."""

import pytest

from playground.engines.distributed import Nodes
from playground.engines.kinds.base import Command
from tests.engines.distributed.making import KEY, PROGRAMS, TWO, argv_of, make


def test_vllm_on_each_machine() -> None:
    form = make("multi-node", "vllm", trust_remote_code=True, extra=("--max-num-seqs", "8"))
    first, second = argv_of(form, 0), argv_of(form, 1)
    ranks = ["--nnodes", "2", "--node-rank", "0", "--master-addr", "10.0.0.1", "--master-port", "29501"]
    assert first[-8:] == ranks
    assert second[-9:] == [*ranks[:3], "1", *ranks[4:], "--headless"]
    assert first[:-8] == second[:-9]
    assert first[:3] == [PROGRAMS["vllm"], "serve", "deepseek-ai/DeepSeek-V3.2"]
    commands = [step.command for step in form.commands]
    assert [command.env["VLLM_HOST_IP"] for command in commands if isinstance(command, Command)] == [*TWO.addresses]
    assert [step.where for step in form.commands] == ["machine 0: 10.0.0.1", "machine 1: 10.0.0.2"]
    assert form.tool == PROGRAMS["vllm"]


def test_sglang_on_each_machine() -> None:
    form = make("multi-node", "sglang", Nodes(("fd00::1", "fd00::2", "node-3", "node-4")))
    for rank in range(4):
        ranks = ["--nnodes", "4", "--node-rank", str(rank), "--dist-init-addr", "[fd00::1]:20000"]
        assert argv_of(form, rank)[-6:] == ranks
    assert "4 GPUs" in form.notes[0]


def test_a_key_in_a_file_is_said() -> None:
    form = make("multi-node", "sglang", api_key=KEY)
    assert any("<sglang-key.yaml> is a file" in note for note in form.notes)
    assert not any("No API key" in note for note in form.notes)


def test_local_files_must_be_everywhere() -> None:
    form = make("multi-node", "vllm", model="/models/m")
    assert any("under the same path" in note and "template" in note for note in form.notes)


def test_ray() -> None:
    form = make("ray", "vllm", Nodes(("10.0.0.1", "10.0.0.2", "gpu-3", "gpu-4")))
    head = "ray start --head --port 6379 --num-gpus 4 --disable-usage-stats --node-ip-address 10.0.0.1"
    assert argv_of(form, 0) == head.split()
    assert argv_of(form, 1)[:6] == ["ray", "start", "--address", "10.0.0.1:6379", "--num-gpus", "4"]
    assert "--node-ip-address" not in argv_of(form, 2)  # a name is not an address
    assert argv_of(form, 4)[-2:] == ["--distributed-executor-backend", "ray"]
    assert argv_of(form, 5) == ["ray", "stop"]
    assert form.tool == "ray"


@pytest.mark.parametrize(
    ("engine", "program"), [("vllm", ["vllm-router"]), ("sglang", ["sglang-router", "launch"])], ids=["vllm", "sglang"]
)
def test_a_router(engine: str, program: list[str]) -> None:
    form = make("router", engine, Nodes(("10.0.0.1", "fd00::2")), tensor_parallel=8, port=8000, api_key=KEY)
    for place, address in enumerate(("10.0.0.1", "fd00::2")):
        words = argv_of(form, place)
        assert words[words.index("--host") + 1] == address
    words = argv_of(form, 2)
    assert words[: len(program)] == program
    at = words.index("--worker-urls")
    assert words[at + 1 : at + 3] == ["http://10.0.0.1:8000", "http://[fd00::2]:8000"]
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index("--port") + 1] == "30080"
    assert "--api-key" not in words
    assert any("forwards the client's key" in note for note in form.notes)
    assert form.tool == program[0]
