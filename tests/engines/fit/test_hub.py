"""Reading a model from a Hub: a real client, real sockets, the Hub's statuses and headers."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.hub import read_model
from playground.engines.fit.unreadable import ModelUnreadable
from playground.errors import EngineUnavailable
from tests.engines.fit.hub_server import COMMIT, Hub, header_of, serving, sharded
from tests.engines.fit.published import published


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


def read(hub: Hub, cache: Path, model: str, revision: str = "") -> ModelFacts:
    return read_model(model, revision, endpoint=hub.endpoint, token="made-up", cache_dir=cache)


def test_a_model_in_shards(hub: Hub, tmp_path: Path) -> None:
    model = published("gpt-oss-20b")
    hub.files["openai/gpt-oss-20b"] = sharded(model.config, model.tensors, 3)
    facts = read(hub, tmp_path, "openai/gpt-oss-20b")
    assert facts.weights_bytes == 13_761_264_768
    assert facts.attention == model.facts.attention
    assert (facts.name, facts.parameters) == ("openai/gpt-oss-20b", model.facts.parameters)
    # Of the weights only the beginnings were fetched.
    shards = [line for line in hub.asked if line.endswith("-of-00003.safetensors")]
    assert len(shards) == 3
    assert all(line.startswith("GET") for line in shards)


def test_a_header_longer_than_the_first_piece(hub: Hub, tmp_path: Path) -> None:
    model = published("DeepSeek-V3.2")  # 92,425 tensors
    hub.files["deepseek-ai/DeepSeek-V3.2"] = sharded(model.config, model.tensors, 4)
    facts = read(hub, tmp_path, "deepseek-ai/DeepSeek-V3.2", COMMIT)
    assert (facts.weights_bytes, facts.parameters) == (689_469_018_240, 685_396_921_376)
    assert facts.replicated_bytes == model.facts.replicated_bytes


def test_a_model_in_one_file(hub: Hub, tmp_path: Path) -> None:
    model = published("Qwen3-8B")
    hub.files["a/b"] = {"config.json": json.dumps(model.config).encode(), "model.safetensors": header_of(model.tensors)}
    assert read(hub, tmp_path, "a/b").weights_bytes == 16_381_470_720


def refused(hub: Hub, cache: Path, model: str, revision: str = "") -> ModelUnreadable:
    with pytest.raises(ModelUnreadable) as caught:
        read(hub, cache, model, revision)
    assert isinstance(caught.value, EngineUnavailable)
    assert caught.value.to_dict()["reason"] == caught.value.reason
    assert "made-up" not in str(caught.value) + caught.value.advice
    return caught.value


def test_a_gated_model(hub: Hub, tmp_path: Path) -> None:
    hub.errors["meta-llama/Llama-3.1-8B"] = (403, "GatedRepo")
    error = refused(hub, tmp_path, "meta-llama/Llama-3.1-8B")
    assert error.reason == "gated"
    assert error.message == "meta-llama/Llama-3.1-8B is gated: its licence must be accepted first."
    assert f"{hub.endpoint}/meta-llama/Llama-3.1-8B" in error.advice
    assert "HF_TOKEN" in error.advice


def test_no_such_model_and_no_such_revision(hub: Hub, tmp_path: Path) -> None:
    error = refused(hub, tmp_path, "nobody/nothing")
    assert (error.reason, error.message) == ("missing", "The Hub has no model nobody/nothing, or it is a private one.")
    assert refused(hub, tmp_path, "a/b/c").message.startswith("a/b/c is not the name of a model on the Hub: ")
    hub.files["a/b"] = {"config.json": b"{}"}
    error = refused(hub, tmp_path, "a/b", "v9")
    assert (error.reason, error.message) == ("revision", "a/b has no revision v9.")


def test_weights_of_another_format(hub: Hub, tmp_path: Path) -> None:
    hub.files["a/pickled"] = {"config.json": b'{"num_attention_heads": 8}', "pytorch_model.bin": b"\x80"}
    assert refused(hub, tmp_path, "a/pickled").reason == "not_safetensors"
    hub.files["a/gguf"] = {"model-Q4_K_M.gguf": b"GGUF"}
    error = refused(hub, tmp_path, "a/gguf")
    assert error.reason == "not_safetensors"
    assert "GGUF" in error.advice


def test_the_hub_has_trouble(hub: Hub, tmp_path: Path) -> None:
    hub.errors["a/b"] = (401, "")
    assert refused(hub, tmp_path, "a/b").reason in {"missing", "refused"}  # the library reads 401 as missing
    hub.errors["a/c"] = (418, "")
    error = refused(hub, tmp_path, "a/c")
    assert error.reason == "refused"
    assert "418" in error.message


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>sign in</html>" * 9, (1 << 60).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]"],
)
def test_a_damaged_file(hub: Hub, tmp_path: Path, content: bytes) -> None:
    hub.files["a/b"] = {"config.json": b'{"num_attention_heads": 8}', "model.safetensors": content}
    assert refused(hub, tmp_path, "a/b").reason == "damaged"


def test_damaged_texts(hub: Hub, tmp_path: Path) -> None:
    hub.files["a/b"] = {"config.json": b"[]"}
    assert refused(hub, tmp_path, "a/b").reason == "damaged"
    hub.files["a/c"] = {
        "config.json": b"{}",
        "model.safetensors.index.json": b'{"weight_map": {"x": "../../etc/passwd"}}',
    }
    error = refused(hub, tmp_path, "a/c")
    assert (
        error.message
        == "model.safetensors.index.json of a/c is damaged: it names no weights, or some outside the model's folder."
    )
    assert not any("passwd" in line for line in hub.asked)


def test_no_network_and_nothing_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(ModelUnreadable) as caught:
        read_model("a/b", endpoint=endpoint, cache_dir=tmp_path)
    assert caught.value.reason == "offline"
    assert caught.value.message == f"The Hub at {endpoint} cannot be reached, and a/b is not in its cache here."


def test_no_network_but_all_was_fetched_before(tmp_path: Path) -> None:
    model = published("Qwen3-8B")
    # A small file with real bytes behind its header, in the layout of the Hub library's cache.
    rows = [row for row in model.tensors if row.name.endswith("norm.weight")]
    snapshot = tmp_path / "models--a--b" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(model.config))
    (snapshot / "model.safetensors").write_bytes(header_of(rows) + bytes(sum(row.size for row in rows)))
    (tmp_path / "models--a--b" / "refs").mkdir()
    (tmp_path / "models--a--b" / "refs" / "main").write_text(COMMIT)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    facts = read_model("a/b", endpoint=endpoint, cache_dir=tmp_path)
    assert (facts.name, facts.weights_bytes) == ("a/b", sum(row.size for row in rows))


def test_told_to_stay_offline(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # as the variable of that name sets it
    hub.files["a/b"] = {"config.json": b"{}"}
    assert refused(hub, tmp_path, "a/b").reason == "offline"
    assert hub.asked == []
