"""The socket that the app listens on."""

import asyncio
import socket

import pytest

from playground.errors import InvalidSetting
from playground.ui.serving import listen_on


class _NoDelay(asyncio.Protocol):
    """Notes whether what it accepts sends small frames at once, and hangs up."""

    def __init__(self, noted: asyncio.Future[int]) -> None:
        self._noted = noted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        accepted = transport.get_extra_info("socket")
        self._noted.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        transport.close()


async def test_a_small_frame_does_not_wait_for_an_acknowledgement() -> None:
    loop = asyncio.get_running_loop()
    noted: asyncio.Future[int] = loop.create_future()
    listener = listen_on("127.0.0.1", 0)
    async with await loop.create_server(lambda: _NoDelay(noted), sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await noted
        writer.close()
        await writer.wait_closed()


def test_a_port_that_is_taken_is_told() -> None:
    with listen_on("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InvalidSetting, match=f"Cannot listen on 127.0.0.1:{port}: Address already in use"):
            listen_on("127.0.0.1", port)
