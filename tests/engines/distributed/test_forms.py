"""What all forms check, and what they have in common."""

from typing import Any

import pytest

from playground.engines.distributed import FORMS, Nodes, generate
from playground.engines.distributed.forms import bracketed, gpus_of_copy, label, own_ip
from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from tests.engines.distributed.making import HUB_TOKEN, KEY, TWO, make

ALL = [(form, engine) for form in FORMS for engine in ("vllm", "sglang") if (form, engine) != ("ray", "sglang")]


@pytest.mark.parametrize(("form", "engine"), ALL)
def test_each_form_says_what_it_is_and_holds_no_key(form: str, engine: str) -> None:
    made = make(form, engine, api_key=KEY, env={"HF_TOKEN": HUB_TOKEN, "NCCL_DEBUG": "INFO"})
    assert made.title
    assert made.tool
    assert made.notes
    assert made.sources
    assert made.commands
    assert all(step.where and step.shown for step in made.commands)
    text = "\n".join([*(file.text for file in made.files), *(step.shown for step in made.commands)])
    assert "HF_TOKEN" in text
    assert "INFO" in text


@pytest.mark.parametrize(("form", "engine"), ALL)
def test_the_port_is_the_launches_or_the_engines(form: str, engine: str) -> None:
    default = str(ENGINES[engine].default_port)
    for port, expected in ((None, default), (9001, "9001")):
        made = make(form, engine, port=port)
        text = "\n".join([*(file.text for file in made.files), *(step.shown for step in made.commands)])
        assert expected in text


@pytest.mark.parametrize(
    ("form", "engine", "nodes", "fields", "field", "words"),
    [
        ("nonesuch", "vllm", TWO, {}, "form", "multi-node, ray, router, kubernetes, skypilot"),
        ("ray", "sglang", TWO, {}, "engine", "for vllm"),
        ("multi-node", "vllm", Nodes(("10.0.0.1",)), {}, "nodes", "2 to 64 machines, not 1"),
        ("multi-node", "vllm", Nodes(count=2), {}, "nodes", "2 machines and 0 addresses"),
        ("multi-node", "vllm", Nodes(("10.0.0.1", "10.0.0.1")), {}, "nodes", "same address"),
        ("multi-node", "vllm", Nodes(("10.0.0.1", "--headless")), {}, "nodes", "'--headless' is neither"),
        ("router", "vllm", Nodes(("a b",)), {}, "nodes", "'a b' is neither"),
        ("multi-node", "vllm", TWO, {"tensor_parallel": 3}, "tensor_parallel", "3 parts"),
        ("multi-node", "vllm", TWO, {"extra": ("--nnodes=2",)}, "extra", "--nnodes=2 is set by this form"),
        ("multi-node", "vllm", TWO, {"extra": ("-r", "1")}, "extra", "-r is set by this form"),
        ("kubernetes", "sglang", TWO, {"extra": ("--dist-init-addr", "x:1")}, "extra", "--dist-init-addr is set"),
        ("ray", "vllm", TWO, {"extra": ("--distributed-executor-backend", "mp")}, "extra", "is set by this form"),
        ("multi-node", "sglang", TWO, {"data_parallel": 2}, "data_parallel", "does not support data-parallel replicas"),
        ("kubernetes", "vllm", Nodes(count=65), {}, "nodes", "not 65"),
        ("kubernetes", "vllm", Nodes(count=1, image="a b"), {}, "image", "a single plain word"),
        ("skypilot", "vllm", Nodes(count=1, gpu="H100\n"), {}, "gpu", "a single plain word"),
        ("skypilot", "vllm", TWO, {"model": "/models/m"}, "model", "this machine's files"),
        ("skypilot", "vllm", TWO, {"chat_template": "t.jinja"}, "chat_template", "this machine's files"),
    ],
)
def test_what_cannot_be_launched_so(
    *, form: str, engine: str, nodes: Nodes, fields: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidLaunch, match=words) as caught:
        make(form, engine, nodes, **fields)
    assert caught.value.field == field


def test_the_engine_must_be_the_launches() -> None:
    spec = LaunchSpec(engine="vllm", model="a/b", tensor_parallel=2)
    with pytest.raises(InvalidLaunch, match="sglang's"):
        generate("multi-node", spec, TWO, engine=ENGINES["sglang"], installation=Installation("program", ("x",)))


@pytest.mark.parametrize("form", ["multi-node", "ray", "router"])
def test_a_container_needs_more_than_these_forms_write(form: str) -> None:
    spec = LaunchSpec(engine="vllm", model="a/b", tensor_parallel=2)
    container = Installation("container", ("docker", "run", "vllm/vllm-openai"))
    with pytest.raises(InvalidLaunch, match="container"):
        generate(form, spec, TWO, engine=ENGINES["vllm"], installation=container)


def test_sglangs_data_parallel_attention_shares_the_gpus() -> None:
    cookbook: dict[str, Any] = {"data_parallel": 16, "extra": ("--enable-dp-attention",)}
    made = make("multi-node", "sglang", **cookbook)
    assert "8 GPUs" in made.notes[0]
    fields: dict[str, Any] = {"model": "a/b", "tensor_parallel": 4, "pipeline_parallel": 2, "data_parallel": 2}
    assert gpus_of_copy(LaunchSpec(engine="vllm", **fields)) == 16
    assert gpus_of_copy(LaunchSpec(engine="sglang", extra=("--enable-dp-attention",), **fields)) == 8


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model": "deepseek-ai/DeepSeek-V3.2"}, "deepseek-v3-2"),
        ({"model": "a/0815"}, "m-0815"),
        ({"model": "a/b", "name": "My.Server_1"}, "my-server-1"),
        ({"model": "/models/Big_One/"}, "big-one"),
        ({"model": "a/" + "x" * 90}, "x" * 40),
    ],
)
def test_names_for_kubernetes_and_clouds(fields: dict[str, str], expected: str) -> None:
    assert label(LaunchSpec(engine="vllm", **fields)) == expected


def test_addresses() -> None:
    assert bracketed("10.0.0.1") == "10.0.0.1"
    assert bracketed("fd00::1") == "[fd00::1]"
    assert own_ip("fd00::1") == {"VLLM_HOST_IP": "fd00::1"}
    assert own_ip("gpu-box.lan") == {}
    assert Nodes(("a", "b", "c")).size == 3
    assert Nodes(("a",), count=4).size == 4
