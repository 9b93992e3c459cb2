"""Packed bodies, in pieces of a bounded size: two kilobytes can hold gigabytes."""

import zlib
from collections.abc import Callable, Iterable, Iterator

from playground.errors import StreamProtocolError

MAX_PIECE_BYTES = 16 * 2**10
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

Unpack = Callable[[bytes], Iterable[bytes]]


def unpacker(encoding: str) -> Unpack:
    """What turns the bytes of a body with this `content-encoding` into plain ones, piece by piece.

    Plain text is asked for; a server or a proxy that packs it in spite of that mostly uses gzip.

    Raises:
        StreamProtocolError: it is packed in another way.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return lambda data: (data,)
    if name in {"gzip", "x-gzip", "deflate"}:
        return _Zlib().unpack
    raise StreamProtocolError(
        f"The server packed its answer ({encoding[:40]}), although plain text was asked for.",
        advice="Turn compression off in the server, or in the proxy before it.",
    )


class _Zlib:
    """gzip and zlib, with no more unpacked at a time than `MAX_PIECE_BYTES`."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """The pieces that these bytes give.

        Raises:
            StreamProtocolError: they are not packed so.
        """
        while data:
            if self._stream.eof:  # gzip allows several parts
                self._stream = zlib.decompressobj(_GZIP_OR_ZLIB)
            try:
                piece = self._stream.decompress(data, MAX_PIECE_BYTES)
            except zlib.error as error:
                raise StreamProtocolError(
                    f"The server says that its answer is packed, but it cannot be unpacked ({error}).",
                    advice="Turn compression off in the server, or in the proxy before it.",
                ) from None
            if piece:
                yield piece
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
