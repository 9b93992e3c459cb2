"""Packed bodies: each split gives the same, and never more at a time than the bound."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd

from playground.client.unpack import MAX_PIECE_BYTES, unpacker
from playground.errors import StreamProtocolError

TEXT = b"a server-sent event\n" * 5000
PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
    "": TEXT,
}
BOMB_BYTES = 64 * 2**20


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
def test_any_split_gives_the_text(encoding: str, size: int) -> None:
    unpack, data = unpacker(encoding), PACKED[encoding]
    pieces = [piece for at in range(0, len(data), size) for piece in unpack(data[at : at + size])]
    assert b"".join(pieces) == TEXT
    assert all(len(piece) <= 4 * MAX_PIECE_BYTES for piece in pieces) or not encoding  # brotli takes it as a hint


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstd.compress)]
)
def test_a_bomb_comes_in_pieces(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"\0" * BOMB_BYTES)
    total = largest = 0
    for piece in unpacker(encoding)(bomb):
        total, largest = total + len(piece), max(largest, len(piece))
    assert (total, largest <= 4 * MAX_PIECE_BYTES) == (BOMB_BYTES, True)


def test_gzip_in_several_parts() -> None:
    assert b"".join(unpacker("gzip")(gzip.compress(b"one ") + gzip.compress(b"two"))) == b"one two"


@pytest.mark.parametrize("encoding", ["compress", "gzip, gzip", "made-up"])
def test_others_are_refused_in_words(encoding: str) -> None:
    with pytest.raises(StreamProtocolError, match="although uncompressed text was requested"):
        unpacker(encoding)


def test_zstd_in_several_frames() -> None:
    assert b"".join(unpacker("zstd")(zstd.compress(b"one ") + zstd.compress(b"two"))) == b"one two"


def test_zstd_with_a_window_larger_than_the_web_allows_is_refused() -> None:
    streamed = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    large = streamed.compress(TEXT) + streamed.flush()
    with pytest.raises(StreamProtocolError, match="cannot be decompressed"):
        list(unpacker("zstd")(large))


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_what_is_not_packed_so_is_refused(encoding: str) -> None:
    with pytest.raises(StreamProtocolError, match="cannot be decompressed"):
        list(unpacker(encoding)(b"\xff" * 50))
