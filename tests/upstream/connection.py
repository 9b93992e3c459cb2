"""One TCP connection: always reading, so that a client that leaves is noticed at once, also in a stall."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from tests.upstream.parser import BadRequest, RequestParser
from tests.upstream.player import Player
from tests.upstream.record import Log, Outcome, Recorded
from tests.upstream.steps import Script

READ_SIZE = 1 << 16


class Connection:
    """Reads requests, and answers them one after the other in a task of its own."""

    def __init__(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        respond: Callable[[Recorded], Script],
        log: Log,
    ) -> None:
        self._number = number
        self._reader = reader
        self._writer = writer
        self._respond = respond
        self._log = log
        self._waiting: asyncio.Queue[Recorded] = asyncio.Queue()
        self._mine: list[Recorded] = []
        # A drain returns only when the kernel has it all: what counts as written has left this process.
        # (1, not 0: asyncio's TLS transport pauses at the limit itself, and would never go on.)
        writer.transport.set_write_buffer_limits(high=1, low=0)

    async def serve(self) -> None:
        """Until either side closes."""
        answering = asyncio.create_task(self._answer())
        # However answering ends, the connection does; the reader then sees the end and returns.
        answering.add_done_callback(lambda _: self._writer.close())
        try:
            await self._read()
        finally:
            self._end("disconnected")
            answering.cancel()
            await asyncio.wait([answering])
            if not answering.cancelled() and (error := answering.exception()) is not None:
                self._log.failures.append(error)
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def shut_down(self) -> None:
        """End it from this side, at once."""
        self._end("shutdown")
        self._writer.transport.abort()

    async def _read(self) -> None:
        parser = RequestParser()
        # OSError: a reset, or TLS that ended without its goodbye. Either way the client has left.
        with suppress(OSError):
            while data := await self._reader.read(READ_SIZE):
                try:
                    requests = parser.feed(data)
                except BadRequest as error:
                    self._writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n%a\n" % str(error))
                    return
                if parser.wants_continue:
                    parser.wants_continue = False
                    self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                for request in requests:
                    recorded = self._log.arrived(self._number, request.head, request.body)
                    self._mine.append(recorded)
                    self._waiting.put_nowait(recorded)

    async def _answer(self) -> None:
        while True:
            request = await self._waiting.get()
            try:
                script = self._respond(request)
                if not await Player(self._writer, request, self._log).play(script):
                    return
            except ConnectionError:
                return  # the reader sees it too, and notes that the client left

    def _end(self, outcome: Outcome) -> None:
        for request in self._mine:
            self._log.ended(request, outcome)
