"""A model in one GGUF file: its size, and the numbers of its header.

The format (llama.cpp's docs, ggml/docs/gguf.md): `GGUF`, version, how many tensors, how many values; then each value
as name, type, value. Tensors and weights come after it and are not read.
"""

import re
import struct
from pathlib import Path
from typing import Any, BinaryIO

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.layers import Attention, Layers
from playground.engines.fit.unreadable import ModelUnreadable

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_MOST_VALUES, _MOST_ITEMS, _LONGEST = 100_000, 10_000_000, 64 << 20
_KEPT_ITEMS = 4096  # of an array: enough for one number a layer; a vocabulary is only counted
_PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")


def read_gguf(file: Path) -> ModelFacts:
    """The facts of a GGUF file, or of all parts of one that is split.

    Raises:
        ModelUnreadable: it is not there, or no GGUF file.
    """
    try:
        with file.open("rb") as stream:
            values = _values(stream)
        size = sum(part.stat().st_size for part in _parts(file))
    except FileNotFoundError as error:
        raise ModelUnreadable(
            f"There is no file {error.filename}.", reason="missing", advice="Check the path; fetch all parts."
        ) from None
    except (OSError, ValueError, struct.error) as error:
        raise ModelUnreadable(f"{file} is not a GGUF file that can be read: {error}.", reason="damaged") from error
    kind = str(values.get("general.architecture", ""))

    def value(name: str) -> Any:
        return values.get(f"{kind}.{name}")

    heads = _most(value("attention.head_count"))
    layers = _most(value("block_count"))
    kv_heads = value("attention.head_count_kv") or heads
    head_dim = _most(value("attention.key_length")) or (_most(value("embedding_length")) // heads if heads else 0)
    tokens = values.get("tokenizer.ggml.tokens")
    notes = ["Weights are counted as the file's size; llama.cpp maps them, so that they need not all be in memory."]
    if value("attention.kv_lora_rank"):
        rope = _most(value("rope.dimension_count"))
        attention = Attention(latent_layers=layers, latent=_most(value("attention.kv_lora_rank")), rope=rope)
    elif isinstance(kv_heads, list):
        attention = Attention(tuple(Layers(kv_heads.count(one), one, head_dim) for one in sorted(set(kv_heads)) if one))
    else:
        attention = Attention((Layers(layers, kv_heads, head_dim),) if layers and kv_heads else ())
    if value("attention.sliding_window"):
        notes.append("Some layers keep only a window of the context; all are counted as if they kept the whole of it.")
    return ModelFacts(
        name=file.name,
        weights_bytes=size,
        weights_by_dtype={"GGUF": size},
        architecture=kind,
        attention=attention,
        heads=heads,
        max_context=_most(value("context_length")),
        vocabulary=len(tokens) if isinstance(tokens, list) else 0,
        quantization="gguf",
        experts=_most(value("expert_count")),
        notes=tuple(notes),
    )


def _parts(file: Path) -> list[Path]:
    found = _PART.fullmatch(file.name)
    if found is None:
        return [file]
    return [file.with_name(f"{found[1]}-{part:05}-of-{found[3]}.gguf") for part in range(1, int(found[3]) + 1)]


def _most(value: Any) -> int:
    """A number; the largest of a list of one for each layer; 0 where there is none."""
    if isinstance(value, list):
        return max((item for item in value if isinstance(item, int)), default=0)
    return value if isinstance(value, int) else 0


def _values(stream: BinaryIO) -> dict[str, Any]:
    if stream.read(4) != b"GGUF":
        raise ValueError("it does not begin with GGUF")
    version, _, count = struct.unpack("<IQQ", stream.read(20))
    if version not in {2, 3}:
        raise ValueError(f"its version {version} is not known here")
    if count > _MOST_VALUES:
        raise ValueError(f"it claims to have {count:,} values")
    return {_text(stream): _value(stream, *struct.unpack("<I", stream.read(4))) for _ in range(count)}


def _value(stream: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _text(stream)
    if kind != _ARRAY:
        return _scalar(stream, kind)
    inner, count = struct.unpack("<IQ", stream.read(12))
    if count > _MOST_ITEMS or inner == _ARRAY:
        raise ValueError(f"it has a list of {count:,} that is not understood")
    if inner == _STRING:
        for _ in range(count):
            stream.seek(_length(stream), 1)
        return [None] * count
    if count > _KEPT_ITEMS:
        stream.seek(count * struct.calcsize(_format(inner)), 1)
        return [None] * count
    return [_scalar(stream, inner) for _ in range(count)]


def _format(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"it has a value of the unknown type {kind}")
    return f"<{_SCALARS[kind]}"


def _scalar(stream: BinaryIO, kind: int) -> Any:
    form = _format(kind)
    return struct.unpack(form, stream.read(struct.calcsize(form)))[0]


def _length(stream: BinaryIO) -> int:
    (length,) = struct.unpack("<Q", stream.read(8))
    if length > _LONGEST:
        raise ValueError(f"it has a text of {length:,} bytes")
    return int(length)


def _text(stream: BinaryIO) -> str:
    return stream.read(_length(stream)).decode("utf-8", "replace")
