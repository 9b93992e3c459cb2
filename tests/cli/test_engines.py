"""`engines` and `fit`."""

import json
import re
from pathlib import Path

import pytest

from playground.cli import main
from playground.engines.kinds import ENGINES
from tests.cli.running import ROOT, playground

QWEN = ROOT / "tests" / "data" / "models" / "Qwen3-8B"


def write_folder(folder: Path) -> Path:
    """A tiny model with its weights, as the Hub's folders have them: a header, then bytes."""
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "vocab_size": 256,
        "intermediate_size": 128,
        "max_position_embeddings": 2048,
        "torch_dtype": "bfloat16",
    }
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    size = 256 * 64 * 2
    header = json.dumps({"model.embed_tokens.weight": {"dtype": "BF16", "shape": [256, 64], "data_offsets": [0, size]}})
    data = len(header).to_bytes(8, "little") + header.encode() + bytes(size)
    (folder / "model.safetensors").write_bytes(data)
    return folder


def test_every_engine_has_a_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["engines"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    for engine in ENGINES.values():
        line = next(line for line in out.splitlines() if line.startswith(f"{engine.name} "))
        assert engine.title in line
        assert f"port {engine.default_port}; needs {engine.needs}" in line
    assert "MindIE (attach only)" in out
    assert re.search(r"^ +2026\S+: /\S+python", out, re.MULTILINE)  # the embedded llama.cpp
    assert "No GPU was found" in out


def test_engines_as_json() -> None:
    ran = playground("engines", "--json")
    assert (ran.status, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert [engine["name"] for engine in found["engines"]] == list(ENGINES)
    (llama,) = (engine for engine in found["engines"] if engine["name"] == "llama_cpp")
    assert llama["launchable"]
    assert any(one["kind"] == "python" for one in llama["installations"])
    assert found["hardware"]["host"]["memory_total"] > 0
    assert set(found["hardware"]) == {"gpus", "vendor", "driver", "words", "host"}


def test_a_folder_fits_in_the_memory_of_this_machine(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = str(write_folder(tmp_path / "tiny"))
    assert main(["fit", folder, "--cpu"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "fits" in out.splitlines()[0].lower()
    assert main(["fit", folder, "--cpu", "--json"]) == 0
    fit = json.loads(capfd.readouterr().out)
    assert fit["fits"]
    assert fit["shares"][0]["weights"] == 256 * 64 * 2


def test_a_folder_of_this_place_is_no_repository_of_the_hub(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "tiny", "--gpus", "2x80", "--tensor-parallel", "2", "--context-length", "1024"]) == 0
    assert "1,024" in capfd.readouterr().out


def test_what_does_not_fit_says_what_would_do(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = str(write_folder(tmp_path / "tiny"))
    assert main(["fit", folder, "--gpus", "1x1"]) == 1
    out, err = capfd.readouterr()
    assert err == ""
    assert "not fit" in out.splitlines()[0].lower()
    assert "What would fit: " in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "required: MODEL"),
        (["a;b"], "model: "),
        (["../up"], "climb"),
        (["{tiny}", "--gpus", "eight"], "'eight' is not of the form 8x141"),
        (["{tiny}", "--gpus", "0x80"], "is not of the form 8x141"),
        (["{tiny}", "--gpus", "8x-1"], "is not of the form 8x141"),
        (["{tiny}", "--gpus", "8xnan"], "is not of the form 8x141"),
        (["{tiny}", "--gpus", "8xinf"], "is not of the form 8x141"),
        (["{tiny}", "--tensor-parallel", "0"], "tensor_parallel"),
        (["{tiny}", "--context-length", "-1"], "context_length"),
        (["{tiny}", "--memory-fraction", "2"], "memory_fraction"),
        (["{tiny}", "--memory-fraction", "nan"], "memory_fraction"),
        (["{tiny}", "--kv-cache-dtype", "int3"], "int3"),
    ],
)
def test_bad_input(words: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = str(write_folder(tmp_path / "tiny"))
    assert main(["fit", *(word.format(tiny=folder) for word in words)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_a_model_that_cannot_be_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", f"{tmp_path}/none.gguf"]) in {1, 2}
    assert "none.gguf" in capfd.readouterr().err
    assert main(["fit", str(QWEN)]) in {1, 2}  # a configuration without weights
    out, err = capfd.readouterr()
    assert out == ""
    assert "Qwen3-8B" in err
