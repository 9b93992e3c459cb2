"""The port is looked at before a launch."""

import os
import socket

import pytest

from playground.engines.launch.ports import choose_port, find_holder, local_url, require_free
from playground.errors import InvalidLaunch


def free() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_taken_port_names_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(
            InvalidLaunch, match=rf"port: {port} on 127.0.0.1 is taken by .* \(process {os.getpid()}\)"
        ) as caught:
            choose_port("127.0.0.1", port, 8000)
        assert caught.value.field == "port"
        assert caught.value.advice
        holder = find_holder(port)
        assert holder
        assert holder.pid == os.getpid()


def test_taken_on_all_interfaces_is_taken_on_one() -> None:
    with socket.create_server(("", 0)) as listener, pytest.raises(InvalidLaunch, match="is taken"):
        require_free("127.0.0.1", listener.getsockname()[1])


def test_without_a_wish_it_is_the_default_or_the_next() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        chosen = choose_port("127.0.0.1", None, port)
        assert port < chosen < port + 100
        assert choose_port("127.0.0.1", None, port, {chosen}) > chosen
    assert choose_port("127.0.0.1", None, port) == port


def test_nothing_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(InvalidLaunch, match="none of"):
            choose_port("127.0.0.1", None, port, set(range(port, port + 100)))


def test_a_port_promised_to_another_server() -> None:
    port = free()
    with pytest.raises(InvalidLaunch, match="reserved for another server"):
        choose_port("127.0.0.1", port, 8000, {port})
    assert choose_port("127.0.0.1", port, 8000) == port


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_no_port(port: int) -> None:
    with pytest.raises(InvalidLaunch, match="is not a port"):
        require_free("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "nonesuch.invalid"])
def test_no_address_of_this_machine(host: str) -> None:
    with pytest.raises(InvalidLaunch, match="not an address of this machine") as caught:
        require_free(host, free())
    assert caught.value.field == "host"


def test_a_port_just_left_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            connection, _ = listener.accept()
            connection.close()  # this side waits out the connection's end
    require_free("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        (".".join("0000"), "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("gpu.example", "http://gpu.example:80"),
    ],
)
def test_where_this_machine_reaches_it(host: str, url: str) -> None:
    assert local_url(host, 80) == url
