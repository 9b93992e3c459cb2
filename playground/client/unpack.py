"""Packed bodies, in pieces of a bounded size: two kilobytes can hold gigabytes.

Plain text is asked for; a server or a proxy may pack it in spite of that.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli
from backports import zstd

from playground.errors import StreamProtocolError

MAX_PIECE_BYTES = 16 * 2**10
MAX_ZSTD_WINDOW = 23  # 8 MiB, the most that RFC 9659 lets a server use
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

Unpack = Callable[[bytes], Iterable[bytes]]


def unpacker(encoding: str) -> Unpack:
    """What turns the bytes of a body with this `content-encoding` into plain ones, piece by piece.

    Raises:
        StreamProtocolError: it is packed in another way, or in several.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda data: (data,)
    if name not in _WAYS:
        raise StreamProtocolError(
            f"The server compressed its response ({encoding[:40]}), although uncompressed text was requested.",
            advice="Turn compression off in the server, or in the proxy before it.",
        )
    return _told(_WAYS[name]())


def _told(unpack: Unpack) -> Unpack:
    """The same, with what goes wrong as an error that says so."""

    def pieces(data: bytes) -> Iterator[bytes]:
        try:
            yield from unpack(data)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise StreamProtocolError(
                f"The server says that its response is compressed, but it cannot be decompressed ({error}).",
                advice="Turn compression off in the server, or in the proxy before it.",
            ) from None

    return pieces


def _zlib() -> Unpack:
    """Gzip and zlib."""
    stream = zlib.decompressobj(_GZIP_OR_ZLIB)

    def unpack(data: bytes) -> Iterator[bytes]:
        nonlocal stream
        while data:
            if stream.eof:  # gzip allows several parts
                stream = zlib.decompressobj(_GZIP_OR_ZLIB)
            if piece := stream.decompress(data, MAX_PIECE_BYTES):
                yield piece
            data = stream.unused_data if stream.eof else stream.unconsumed_tail

    return unpack


def _brotli() -> Unpack:
    stream = brotli.Decompressor()

    def unpack(data: bytes) -> Iterator[bytes]:
        while True:
            piece = stream.process(data, output_buffer_limit=MAX_PIECE_BYTES)
            if piece:
                yield piece
            data = b""
            if not piece and stream.can_accept_more_data():
                return

    return unpack


def _zstd() -> Unpack:
    limit: dict[int, int] = {zstd.DecompressionParameter.window_log_max: MAX_ZSTD_WINDOW}
    stream = zstd.ZstdDecompressor(options=limit)

    def unpack(data: bytes) -> Iterator[bytes]:
        nonlocal stream
        while data or not stream.needs_input:
            if stream.eof:  # frames may follow one another
                stream = zstd.ZstdDecompressor(options=limit)
            if piece := stream.decompress(data, MAX_PIECE_BYTES):
                yield piece
            data = stream.unused_data if stream.eof else b""
            if stream.eof and not data:
                return

    return unpack


_WAYS: dict[str, Callable[[], Unpack]] = {
    "gzip": _zlib,
    "x-gzip": _zlib,
    "deflate": _zlib,
    "br": _brotli,
    "zstd": _zstd,
}
