import pytest

from tests.upstream.parser import BadRequest, RequestParser

CHUNKED = b"POST /a?b=c HTTP/1.1\r\nX-A: 1\r\nx-a:2 \r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED += b'3\r\n{"a\r\n1f;ext=1\r\n' + b"x" * 31 + b"\r\n0\r\n\r\n"
PLAIN = b"PUT /b HTTP/1.1\r\nContent-Length: 3\r\n\r\n\r\n\xff"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_parser_takes_requests_cut_anywhere(size: int) -> None:
    data = CHUNKED + PLAIN + b"GET / HTTP/1.1\r\n\r\n"
    parser = RequestParser()
    found = [r for at in range(0, len(data), size) for r in parser.feed(data[at : at + size])]
    assert [(r.head.method, r.head.target, r.body) for r in found] == [
        ("POST", "/a?b=c", b'{"a' + b"x" * 31),
        ("PUT", "/b", b"\r\n\xff"),
        ("GET", "/", b""),
    ]
    assert found[0].head.headers[:2] == ((b"X-A", b"1"), (b"x-a", b"2"))
    assert found[0].head.raw == CHUNKED[: CHUNKED.index(b"\r\n\r\n") + 4]


def test_the_parser_takes_a_trailer() -> None:
    data = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"
    assert [r.body for r in RequestParser().feed(data)] == [b"x"]


@pytest.mark.parametrize(
    "data",
    [b"hello\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n"],
)
def test_the_parser_refuses_what_is_no_request(data: bytes) -> None:
    with pytest.raises(BadRequest):
        RequestParser().feed(data)
