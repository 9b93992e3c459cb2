"""Plays a script on one connection, byte for byte."""

import asyncio
import math
import socket
import struct
from time import perf_counter

from tests.upstream.record import Log, Recorded
from tests.upstream.steps import Cut, Paced, Raw, Script, Sleep, Stall, Status, Step, Write

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: close() sends RST


class Player:
    """One response to one request."""

    def __init__(self, writer: asyncio.StreamWriter, request: Recorded, log: Log) -> None:
        self._writer = writer
        self._request = request
        self._log = log
        self._chunked = False
        self._length: int | None = None
        self._closes = False
        self._bodiless = request.method == "HEAD"

    async def play(self, script: Script) -> bool:
        """Play all of it. True where the connection can take another request."""
        for step in script.steps:
            if not await self._step(step):
                return False
        if self._chunked and not self._bodiless:
            await self._send(b"0\r\n\r\n")
        self._log.ended(self._request, "complete")
        return self._reusable()

    def _reusable(self) -> bool:
        head = self._request.head
        if self._closes or head.version != "HTTP/1.1" or (head.header("connection") or "").lower() == "close":
            return False
        return self._chunked or self._bodiless or self._length == self._request.bytes_written

    async def _step(self, step: Step) -> bool:
        match step:
            case Status():
                await self._status(step)
            case Write(data):
                await self._body(data, 1, self._frame(data))
            case Raw(data):
                await self._send(data)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
            case Stall():
                await asyncio.get_running_loop().create_future()
            case Paced():
                await self._paced(step)
            case Cut(reset):
                self._log.ended(self._request, "cut")
                self._cut(reset=reset)
                return False
        return True

    async def _status(self, status: Status) -> None:
        headers = list(status.headers)
        length = status.header("content-length")
        self._length = None if length is None else int(length)
        self._closes = (status.header("connection") or "").lower() == "close"
        self._chunked = length is None and not self._closes
        if self._chunked:
            headers.append(("transfer-encoding", "chunked"))
        if status.header("x-request-id") is None:
            headers.append(("x-request-id", self._request.request_id))
        lines = [f"HTTP/1.1 {status.code} {status.reason}", *(f"{name}: {value}" for name, value in headers)]
        self._request.status = status.code
        await self._send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def _paced(self, step: Paced) -> None:
        chunks, count, interval = step.chunks, len(step.chunks), 1 / step.per_second
        start = perf_counter()
        done = 0
        while done < count:
            wait = start + done * interval - perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            late = perf_counter() - start - done * interval
            # At least one, since the wait for it is over; more only where they are due as well.
            due = min(count, done + max(1, math.floor(late * step.per_second) + 1))
            self._request.late_s = max(self._request.late_s, late)
            self._request.coalesced += due - done - 1
            group = chunks[done:due]
            await self._body(b"".join(group), due - done, b"".join(map(self._frame, group)))
            done = due

    def _frame(self, data: bytes) -> bytes:
        """`data` as one HTTP chunk; an empty one has no frame, since it would end the body."""
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked and data else data

    async def _body(self, data: bytes, chunks: int, framed: bytes) -> None:
        if self._bodiless:
            return
        self._request.bytes_written += len(data)
        self._request.chunks_written += chunks
        await self._send(framed)
        self._log.notify()

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _cut(self, *, reset: bool) -> None:
        if reset:
            sock: socket.socket = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._writer.transport.abort()
        else:
            self._writer.close()
