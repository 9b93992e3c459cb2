"""HTTP/1.1 requests out of bytes: a state machine with no I/O that keeps what was sent, byte for byte."""

from dataclasses import dataclass

HEAD_LIMIT = 1 << 20

RawHeaders = tuple[tuple[bytes, bytes], ...]


class BadRequest(ValueError):
    """The bytes are no HTTP/1.1 request."""


@dataclass(frozen=True)
class Head:
    method: str
    target: str
    version: str
    headers: RawHeaders
    raw: bytes

    def header(self, name: str) -> str | None:
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True)
class ParsedRequest:
    head: Head
    body: bytes


def parse_head(raw: bytes) -> Head:
    """The head, from the request line to the empty line, of one request."""
    first, *lines = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    parts = first.decode("latin-1").split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(f"request line {first!r}")
    headers = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise BadRequest(f"header line {line!r}")
        headers.append((name, value.strip(b" \t")))
    return Head(parts[0], parts[1], parts[2], tuple(headers), raw)


class RequestParser:
    """Feed it bytes as they arrive; it gives back whole requests.

    `wants_continue` is true from the head of a request with `Expect: 100-continue` until it is cleared.
    """

    def __init__(self) -> None:
        self.wants_continue = False
        self._buffer = bytearray()
        self._head: Head | None = None
        self._body = bytearray()  # of a chunked request, decoded so far

    def feed(self, data: bytes) -> list[ParsedRequest]:
        """The requests that `data` completes."""
        self._buffer += data
        found = []
        while (request := self._next()) is not None:
            found.append(request)
        return found

    def _next(self) -> ParsedRequest | None:
        head = self._head or self._take_head()
        if head is None:
            return None
        self._head = head
        body = self._take_body(head)
        if body is None:
            return None
        self._head = None
        self.wants_continue = False
        return ParsedRequest(head, body)

    def _take_head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise BadRequest(f"no end of the head in {HEAD_LIMIT} bytes")
            return None
        head = parse_head(self._take(end + 4))
        self.wants_continue = (head.header("expect") or "").lower() == "100-continue"
        return head

    def _take_body(self, head: Head) -> bytes | None:
        if (head.header("transfer-encoding") or "").lower() == "chunked":
            return self._take_chunked()
        length = head.header("content-length") or "0"
        if not length.isdecimal():
            raise BadRequest(f"content-length {length!r}")
        return self._take(int(length)) if len(self._buffer) >= int(length) else None

    def _take_chunked(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n")) >= 0:
            line = bytes(self._buffer[:end])
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                raise BadRequest(f"chunk size {line!r}") from None
            if size == 0:
                return self._take_trailer(end)
            whole = end + 2 + size + 2
            if len(self._buffer) < whole:
                return None
            self._body += self._take(whole)[end + 2 : -2]
        return None

    def _take_trailer(self, end: int) -> bytes | None:
        """The body, once the trailer that follows the last chunk, most often empty, is here."""
        if self._buffer[end + 2 : end + 4] == b"\r\n":
            stop = end + 4
        else:
            found = self._buffer.find(b"\r\n\r\n", end + 2)
            if found < 0:
                return None
            stop = found + 4
        self._take(stop)
        body = bytes(self._body)
        self._body.clear()
        return body

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
