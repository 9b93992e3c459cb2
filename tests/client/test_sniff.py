"""The kind of a body by its first characters, however they are cut."""

from collections.abc import AsyncIterator

import pytest

from playground.client.sniff import MAX_BLANKS, rest_of, sniff

SSE, JSON = "text/event-stream; charset=utf-8", "application/json"


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("name", [SSE, JSON, "text/plain", ""])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"data: {}\n\n", "stream"),
        (b"\xef\xbb\xbfdata: {}\n\n", "stream"),
        (b"\r\n\n event: a\n\n", "stream"),
        (b": beat\n\ndata: {}\n\n", "stream"),
        (b'id:1\nevent:error\ndata:{"a":1}\n\n', "stream"),
        (b' \n{"choices":[]}', "whole"),
        (b'[{"error":1}]', "whole"),
        (b"<html>", "whole"),
    ],
)
async def test_what_is_plain(body: bytes, kind: str, name: str, size: int) -> None:
    chunks = pieces(body, size)
    found, read = await sniff(chunks, name)
    assert found == kind
    assert b"".join([piece async for piece in rest_of(read, chunks)]) == body


@pytest.mark.parametrize("body", [b"", b"\n", b"data", b"Bad gateway", b"date: today", b" " * 2 * MAX_BLANKS])
@pytest.mark.parametrize(("name", "kind"), [(SSE, "stream"), (JSON, "whole"), ("", "whole")])
async def test_all_else_goes_by_its_name(body: bytes, name: str, kind: str) -> None:
    chunks = pieces(body, 1)
    found, read = await sniff(chunks, name)
    assert (found, len(read) <= MAX_BLANKS + 1) == (kind, True)
    assert b"".join([piece async for piece in rest_of(read, chunks)]) == body
