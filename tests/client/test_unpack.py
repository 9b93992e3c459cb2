"""Packed bodies: each split gives the same, and never more at a time than the bound."""

import gzip
import zlib

import pytest

from playground.client.unpack import MAX_PIECE_BYTES, unpacker
from playground.errors import StreamProtocolError

TEXT = b"a server-sent event\n" * 5000
PACKED = {"gzip": gzip.compress(TEXT), "deflate": zlib.compress(TEXT), "x-gzip": gzip.compress(TEXT), "": TEXT}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
def test_any_split_gives_the_text(encoding: str, size: int) -> None:
    unpack, data = unpacker(encoding), PACKED[encoding]
    pieces = [piece for at in range(0, len(data), size) for piece in unpack(data[at : at + size])]
    assert b"".join(pieces) == TEXT
    assert all(len(piece) <= MAX_PIECE_BYTES for piece in pieces) or not encoding


def test_gzip_in_several_parts() -> None:
    assert b"".join(unpacker("gzip")(gzip.compress(b"one ") + gzip.compress(b"two"))) == b"one two"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "made-up"])
def test_others_are_refused_in_words(encoding: str) -> None:
    with pytest.raises(StreamProtocolError, match="although plain text was asked for"):
        unpacker(encoding)


def test_what_is_not_packed_so_is_refused() -> None:
    with pytest.raises(StreamProtocolError, match="cannot be unpacked"):
        list(unpacker("gzip")(b"plain text"))
