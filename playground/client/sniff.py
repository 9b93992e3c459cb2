"""What kind of body an answer has, by its first characters: what the server calls it is not always true."""

from collections.abc import AsyncIterator
from typing import Literal

Kind = Literal["stream", "whole"]
MAX_BLANKS = 4 * 2**10  # some gateways send blanks until there is something to say
_STREAM = (b"data:", b"event:", b"id:", b"retry:", b":")
_LONGEST = max(map(len, _STREAM))
_BOM = b"\xef\xbb\xbf"


async def sniff(chunks: AsyncIterator[bytes], content_type: str) -> tuple[Kind, bytes]:
    """The kind of a body and what was read of it so far, which is as little as tells it.

    Server-sent events are a stream under whatever name they come; JSON and HTML are whole, also where they are called
    a stream. All else goes by the name.
    """
    named: Kind = "stream" if content_type.lower().startswith("text/event-stream") else "whole"
    read = b""
    async for data in chunks:
        read += data
        kind = None if _BOM.startswith(read) else _kind_of(read.removeprefix(_BOM).lstrip(), named)
        if kind is not None:
            return kind, read
        if len(read) > MAX_BLANKS:
            break
    return named, read


def _kind_of(start: bytes, named: Kind) -> Kind | None:
    """None: too little has come to tell."""
    if not start:
        return None
    if start[:1] in {b"{", b"[", b"<"}:
        return "whole"
    if named == "stream":
        return named
    if start.startswith(_STREAM):
        return "stream"
    return None if any(name.startswith(start) for name in _STREAM) else named


async def rest_of(read: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The whole body again, from its beginning."""
    if read:
        yield read
    async for data in chunks:
        yield data
