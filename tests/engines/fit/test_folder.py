"""A model in a folder: what is there is read, what is damaged is told."""

import json
from pathlib import Path

import pytest

from playground.engines.fit.folder import read_folder, read_header
from playground.engines.fit.hub import read_model
from playground.engines.fit.unreadable import ModelUnreadable
from tests.engines.fit.hub_server import header_of, sharded
from tests.engines.fit.published import published
from tests.engines.fit.shapes import Tensor


def write(folder: Path, files: dict[str, bytes], size: int = 0) -> Path:
    """The files; those of weights are as long as they say, with nothing behind their headers."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        if name.endswith(".safetensors"):
            with (folder / name).open("r+b") as stream:
                stream.truncate(len(content) + size)
    return folder


def test_a_published_model(tmp_path: Path) -> None:
    model = published("Qwen3-30B-A3B")
    folder = write(tmp_path / "Qwen3-30B-A3B", sharded(model.config, model.tensors, 16), size=16 << 30)
    facts = read_folder(folder)
    assert facts == model.facts
    assert read_model(str(folder)) == facts
    assert facts.weights_bytes == 61_064_245_248


def test_files_without_an_index(tmp_path: Path) -> None:
    row = Tensor("a", "BF16", (2, 2))
    config = json.dumps({"num_attention_heads": 1}).encode()
    parts = {"config.json": config, "one.safetensors": header_of([row]), "two.safetensors": header_of([row])}
    assert read_folder(write(tmp_path / "parts", parts, 8)).weights_bytes == 16
    single = parts | {"model.safetensors": header_of([row])}  # the others are of another form of the same weights
    assert read_folder(write(tmp_path / "single", single, 8)).weights_bytes == 8


def test_what_is_missing(tmp_path: Path) -> None:
    row = Tensor("a", "BF16", (2, 2))
    config = {"config.json": b'{"num_attention_heads": 1}'}
    index = {"model.safetensors.index.json": b'{"weight_map": {"a": "part.safetensors"}}'}
    for name, files, reason, words in [
        ("no-config", {"model.safetensors": header_of([row])}, "missing", "There is no config.json in"),
        ("no-weights", config, "not_safetensors", "There are no safetensors files in"),
        ("no-part", config | index, "missing", "although the model's index names it"),
        ("broken-config", {"config.json": b"{"}, "damaged", "cannot be read"),
        ("empty-index", config | {"model.safetensors.index.json": b"{}"}, "damaged", "it names no weights"),
    ]:
        with pytest.raises(ModelUnreadable) as caught:
            read_folder(write(tmp_path / name, files))
        assert (caught.value.reason, words in caught.value.message) == (reason, True)
    with pytest.raises(ModelUnreadable, match="There is no folder"):
        read_model(str(tmp_path / "nowhere"))


LENGTH = (1 << 40).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "its header claims to have 0 bytes"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "its header claims to have"),
        (LENGTH + b"{}", "its header claims to have 1,099,511,627,776 bytes"),
        (header_of([Tensor("a", "BF16", (2, 2))])[:-4], "its header claims to have"),
        (header_of([Tensor("a", "BF16", (2, 2))]), "it ends before its tensor a: the download is not complete"),
        ((2).to_bytes(8, "little") + b"[]", "its header is not a JSON object"),
        ((8).to_bytes(8, "little") + b'{"a":{}}', "data_offsets"),
        ((8).to_bytes(8, "little") + b'{"a":[]}', "list indices"),
    ],
)
def test_a_damaged_file(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelUnreadable) as caught:
        read_header(file)
    assert caught.value.reason == "damaged"
    assert why in caught.value.message
    assert "Git LFS" in caught.value.advice


def test_a_tensor_that_ends_before_it_begins(tmp_path: Path) -> None:
    text = json.dumps({"a": {"dtype": "U8", "shape": [1], "data_offsets": [8, 4]}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
    with pytest.raises(ModelUnreadable, match="a ends before it begins"):
        read_header(tmp_path / "x.safetensors")
