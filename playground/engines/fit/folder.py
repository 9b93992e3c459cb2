"""A model in a folder of this machine: `config.json` and the headers of its safetensors files.

The format: 8 bytes with the header's length, little-endian, then the header as JSON: for each tensor its `dtype`,
`shape` and `data_offsets` (https://huggingface.co/docs/safetensors). The weights themselves are not read.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from playground.engines.fit.facts import ModelFacts, TensorSize, model_facts
from playground.engines.fit.unreadable import ModelUnreadable

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"
MAX_HEADER = 100_000_000
"""Bytes: the safetensors library's own limit; a larger length is that of a file of another kind."""

_MAX_JSON = 64 << 20
_LENGTH = 8


def read_folder(folder: Path, name: str = "") -> ModelFacts:
    """The facts of a model that is here.

    Args:
        folder: with its `config.json` and `*.safetensors`.
        name: how to call it; "" takes the folder's.

    Raises:
        ModelUnreadable: it is not there, or not whole, or of another format.
        EngineUnavailable: it is not a language model that is known here.
    """
    if not folder.is_dir():
        raise ModelUnreadable(f"There is no folder {folder}.", reason="missing", advice="Check the path.")
    config = read_json_file(folder / "config.json")
    tensors = [tensor for file in _files(folder) for tensor in read_header(file)]
    return model_facts(name or folder.name, config, tensors)


def read_json_file(file: Path) -> Mapping[str, Any]:
    """A JSON object in a file.

    Raises:
        ModelUnreadable: the file is not there, or holds something else.
    """
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_JSON + 1)
        value = json.loads(text) if len(text) <= _MAX_JSON else None
    except FileNotFoundError:
        raise ModelUnreadable(
            f"There is no {file.name} in {file.parent}.",
            reason="missing",
            advice="Give the folder of a model as published, or the path of a GGUF file.",
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(file, str(error)) from error
    if not isinstance(value, dict):
        raise _damaged(file, "it is not a JSON object of a plausible size")
    return value


def read_header(file: Path) -> list[TensorSize]:
    """The tensors of one safetensors file.

    Raises:
        ModelUnreadable: it is not there, or no such file.
    """
    try:
        with file.open("rb") as stream:
            return _tensors(stream, file.stat().st_size)
    except FileNotFoundError:
        raise ModelUnreadable(
            f"{file} is missing, although the model's index names it.",
            reason="missing",
            advice="Download the model again: `hf download` resumes where it stopped.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(file, str(error)) from error


def _tensors(stream: BinaryIO, whole: int) -> list[TensorSize]:
    """The rows of the header of a file of so many bytes; the raises are told by the caller."""
    length = int.from_bytes(stream.read(_LENGTH), "little")
    if whole < _LENGTH or not 0 < length <= min(MAX_HEADER, whole - _LENGTH):
        raise ValueError(f"its header claims to have {length:,} bytes")
    header = json.loads(stream.read(length))
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    header.pop("__metadata__", None)
    tensors = []
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if not 0 <= begin <= end:
            raise ValueError(f"{name} ends before it begins")
        if end > whole - _LENGTH - length:
            raise ValueError(f"it ends before its tensor {name}: the download is not complete")
        tensors.append(TensorSize(name, str(entry["dtype"]), tuple(int(side) for side in entry["shape"]), end - begin))
    return tensors


def _files(folder: Path) -> list[Path]:
    """The files of the weights: those of the index, or the single one, or all there are."""
    if (folder / INDEX).exists():
        return [folder / name for name in shard_names(read_json_file(folder / INDEX), str(folder / INDEX))]
    if (folder / SINGLE).exists():
        return [folder / SINGLE]
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelUnreadable(
            f"There are no safetensors files in {folder}.",
            reason="not_safetensors",
            advice="Take the model in safetensors, or give the path of its GGUF file.",
        )
    return files


def shard_names(index: Mapping[str, Any], where: str) -> list[str]:
    """The files that an index names, each once.

    Raises:
        ModelUnreadable: it names none, or one outside the model's folder.
    """
    weights = index.get("weight_map")
    names = sorted({str(name) for name in weights.values()}) if isinstance(weights, Mapping) else []
    if not names or any("/" in name or "\\" in name or name.startswith(".") for name in names):
        raise ModelUnreadable(
            f"{where} is damaged: it names no weights, or some outside the model's folder.", reason="damaged"
        )
    return names


def _damaged(file: Path, why: str) -> ModelUnreadable:
    return ModelUnreadable(
        f"{file} cannot be read: {why}.",
        reason="damaged",
        advice="Fetch it again; a file of a few hundred bytes may be a Git LFS pointer instead of the weights.",
    )
